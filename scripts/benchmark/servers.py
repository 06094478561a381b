"""The programs that are compared: each is started with an equivalent configuration, watched, and ended."""
import atexit, json, os, shutil, signal, socket, subprocess, sys, tempfile, time
from pathlib import Path

from .certificates import LOGIN, NAME
from .customers import log_in, seed
from .officer import Officer

ROOT = Path(__file__).resolve().parent.parent.parent
BIN = Path(os.environ.get("SEKISHO_BIN", ROOT / ".build/release"))
SERVER_CORE, LOAD_CORE = "0", "1"
CIPHERS = ("ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
           "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305")


def install_peers():
    missing = [name for name in ("nginx", "haproxy", "taskset", "openssl") if shutil.which(name) is None]
    packages = {"nginx": "nginx-light", "taskset": "util-linux"}
    if missing:
        sudo = [] if os.geteuid() == 0 else ["sudo"]
        subprocess.run([*sudo, "apt-get", "install", "-y", *(packages.get(name, name) for name in missing)], check=True)


def build():
    if "SEKISHO_BIN" in os.environ:
        return
    # As the package and scripts/run have it.
    for product in ("sekisho", "sekisho-bench"):
        subprocess.run(["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", product], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)


def work_folder():
    """A folder for this run; it goes, and so does all that was started, however this program ends."""
    folder = Path(tempfile.mkdtemp(prefix="sekisho-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder.chmod(0o755)
    # Reads the process groups of what was started. Its input ends with this program, also with kill -9.
    script = 'groups=; while read -r g; do groups="$groups -$g"; done; for g in $groups; do kill -9 $g; done; rm -rf -- "$0"'
    Server.guard = subprocess.Popen(["sh", "-c", script, folder], stdin=subprocess.PIPE, text=True,
                                    stderr=subprocess.DEVNULL, start_new_session=True)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(1))
    return folder


def start_process(core, command, **options):
    """In a process group of its own, which ends with this program."""
    process = subprocess.Popen(["taskset", "-c", core, *map(str, command)], start_new_session=True, **options)
    if Server.guard is not None:
        Server.guard.stdin.write(f"{process.pid}\n")
        Server.guard.stdin.flush()
    atexit.register(end_process, process)
    return process


def end_process(process):
    # The children too, of a process that is gone as well.
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Server:
    """One of the programs that are compared."""

    guard = None

    def __init__(self, name, port, command, core=SERVER_CORE, replace_anchors=None):
        self.name, self.port = name, port
        # Takes PEM, and has the server go by it.
        self.replace_anchors = replace_anchors and (lambda pem: replace_anchors(self, pem))
        # Of the client with that kind of key.
        self.cookies = {}
        began = time.monotonic()
        self.process = start_process(core, command)
        deadline = began + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                self.startup_seconds = time.monotonic() - began
                return
            except OSError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    sys.exit(f"bench: {name} did not start")
                time.sleep(0.005)

    def stop(self):
        end_process(self.process)

    def processes(self):
        """The process and its children, which is where nginx works."""
        found = [self.process.pid]
        for pid in found:
            try:
                for task in Path(f"/proc/{pid}/task").iterdir():
                    found += [int(child) for child in (task / "children").read_text().split()]
            except (FileNotFoundError, ProcessLookupError):
                pass
        return found

    def cpu(self):
        """Nanoseconds of CPU so far, of all threads."""
        return sum(int((task / "schedstat").read_text().split()[0])
                   for pid in self.processes() for task in Path(f"/proc/{pid}/task").iterdir())

    def settle(self):
        """Waits until it has no more to do: clients are through with their handshakes before the server is."""
        before, spent = 0, self.cpu()
        while spent - before > 5_000_000:
            time.sleep(0.3)
            before, spent = spent, self.cpu()

    def connection_count(self):
        """Established ones of clients (proc(5), /proc/net/tcp)."""
        lines = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
        return sum(line[1].endswith(f":{self.port:04X}") and line[3] == "01" for line in lines)

    def resident(self):
        """Bytes that the processes hold by themselves."""
        return sum(resident(pid) for pid in self.processes())


def resident(pid):
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return 1024 * sum(int(line.split()[1]) for line in lines if line.startswith("Private"))


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def nginx(folder, name, port, core, http, requests=1000, replace_anchors=None):
    configuration = folder / f"{name}.conf"
    configuration.write_text(f"""
        daemon off; worker_processes 1; pid {folder}/{name}.pid; error_log {folder}/{name}.error warn;
        {"user root;" if os.geteuid() == 0 else ""}
        events {{ worker_connections 18000; }}
        http {{
            access_log off; keepalive_requests {requests}; keepalive_timeout 75s;
            client_body_temp_path {folder}/{name}.tmp; proxy_temp_path {folder}/{name}.tmp;
            fastcgi_temp_path {folder}/{name}.tmp; uwsgi_temp_path {folder}/{name}.tmp; scgi_temp_path {folder}/{name}.tmp;
            {http}
        }}""")
    command = ["nginx", "-c", configuration, "-e", folder / f"{name}.start"]
    return Server(name, port, command, core, replace_anchors=replace_anchors)


def start_upstream(folder):
    port = free_port()
    web = folder / "web"
    web.mkdir()
    for name, count in (("index.html", 100), ("64k", 64 << 10), ("1m", 1 << 20)):
        (web / name).write_bytes(b"x" * count)
    nginx(folder, "upstream", port, LOAD_CORE, f"""
        sendfile on; open_file_cache max=10;
        server {{ listen 127.0.0.1:{port}; root {web}; }}""", requests=1_000_000)
    return port


def start_nginx(folder, upstream, crl=None, name="nginx", sessions="ssl_session_cache shared:tls:40m; ssl_session_tickets off;"):
    port = free_port()
    anchors = folder / f"{name}-anchors.pem"
    shutil.copy(folder / "anchors.pem", anchors)
    def replace_anchors(server, pem):
        anchors.write_bytes(pem)
        os.kill(server.process.pid, signal.SIGHUP)
    return nginx(folder, name, port, SERVER_CORE, f"""
        log_format facts escape=json '{{"time":"$time_iso8601","request":"$request_id","client":"$remote_addr",'
            '"host":"$host","method":"$request_method","path":"$uri","status":$status,"bytes_in":$request_length,'
            '"bytes_out":$body_bytes_sent,"seconds":$request_time,"certificate":"$ssl_client_verify",'
            '"subject":"$ssl_client_s_dn","tls":"$ssl_protocol","cipher":"$ssl_cipher"}}';
        upstream bank {{ server 127.0.0.1:{upstream}; keepalive 64; keepalive_requests 1000000; }}
        server {{
            listen 127.0.0.1:{port} ssl backlog=1024; server_name {NAME};
            access_log {folder}/{name}.access facts;
            ssl_certificate {folder}/server.pem; ssl_certificate_key {folder}/server.key;
            ssl_client_certificate {anchors}; ssl_verify_client optional; ssl_verify_depth 4;
            {f'ssl_crl {crl};' if crl else ''}
            ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers {CIPHERS}; ssl_ecdh_curve X25519:P-256:P-384;
            ssl_prefer_server_ciphers off;
            {sessions} ssl_session_timeout 300s;
            location / {{
                if ($ssl_client_verify != SUCCESS) {{ return 401; }}
                proxy_pass http://bank; proxy_http_version 1.1; proxy_set_header Connection "";
                proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;
                proxy_set_header X-Forwarded-Proto https; proxy_set_header X-Request-Id $request_id;
                proxy_set_header Client-Cert $ssl_client_escaped_cert;
            }}
        }}""", replace_anchors=replace_anchors)


def start_nginx_with_tickets(folder, upstream):
    """As it is when nothing is said of sessions."""
    return start_nginx(folder, upstream, name="nginx-tickets", sessions="")


def start_haproxy(folder, upstream, crl=None):
    port = free_port()
    configuration = folder / "haproxy.cfg"
    (folder / "haproxy.log").touch()
    anchors = folder / "haproxy-anchors.pem"
    shutil.copy(folder / "anchors.pem", anchors)
    def replace_anchors(server, pem):
        anchors.write_bytes(pem)
        os.kill(server.process.pid, signal.SIGUSR2)
    configuration.write_text(f"""
global
    nbthread 1
    maxconn 9000
    log {folder}/haproxy.socket local0
    tune.ssl.cachesize 20000
    tune.ssl.lifetime 300
    ssl-default-bind-ciphers {CIPHERS}
    ssl-default-bind-curves X25519:P-256:P-384
    ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets
defaults
    mode http
    log global
    option httplog
    timeout connect 3s
    timeout client 75s
    timeout server 30s
frontend bank
    bind 127.0.0.1:{port} ssl crt {folder}/server-full.pem ca-file {anchors} verify optional {f"crl-file {crl}" if crl else ""}
    unique-id-format %{{+X}}o\\ %ci:%cp_%fi:%fp_%Ts_%rt:%pid
    log-format "%ci %ID %HM %HP %ST %U %B %Ta %[ssl_c_verify] %{{+Q}}[ssl_c_s_dn] %sslv %sslc"
    http-request deny deny_status 401 unless {{ ssl_c_used }} {{ ssl_c_verify 0 }}
    http-request set-header Client-Cert :%[ssl_c_der,base64]:
    http-request set-header X-Forwarded-For %[src]
    http-request set-header X-Forwarded-Proto https
    http-request set-header X-Request-Id %[unique-id]
    default_backend upstream
backend upstream
    http-reuse always
    server bank 127.0.0.1:{upstream}
""")
    collect_log(folder / "haproxy.socket")
    return Server("haproxy", port, ["haproxy", "-W", "-db", "-q", "-f", configuration], replace_anchors=replace_anchors)


def collect_log(path):
    """HAProxy writes to a log daemon: here one that reads and forgets, on the load's core."""
    reader = f"import socket\ns=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM)\ns.bind({str(path)!r})\nwhile True: s.recv(65536)"
    start_process(LOAD_CORE, [sys.executable, "-c", reader])
    while not path.exists():
        time.sleep(0.02)


def start_sekisho(folder, upstream, crls=(), customers=1000, workers=1, core=SERVER_CORE, kinds=("ec", "rsa"), store=None,
                  addresses=("127.0.0.1",), limits=""):
    """With so many customers in its store, of whom one for each kind of key is logged in with its certificate.

    A store that is given has customers already.
    """
    port = free_port()
    configuration = configure(folder, port, upstream, crls, workers, store or f"store-{port}.sqlite", addresses, limits)
    if store is None:
        seed(BIN / "sekisho", configuration, folder / f"customers-{customers}.csv", customers)
    command = ["sh", "-c", f"exec {BIN}/sekisho serve --config {configuration} > {folder}/sekisho-{port}.log 2>&1"]
    def replace_anchors(server, pem):
        Officer(f"{folder}/admin-{port}.sock").replace(anchors=pem)
    server = Server("ours", port, command, core, replace_anchors=replace_anchors)
    server.cookies = {kind: log_in(folder, port, kind) for kind in kinds}
    return server


def configure(folder, port, upstream, crls=(), workers=1, store="store.sqlite", addresses=("127.0.0.1",), limits=""):
    """Writes the gateway's configuration, and says where it is."""
    configuration = folder / f"sekisho-{port}.json5"
    pairs = {name: f'certificate: "{folder}/{name}.pem", key: "{folder}/{name}.key"' for name in ("login", "server")}
    configuration.write_text(f"""{{
        listen: {json.dumps([f"{address}:{port}" for address in addresses])}, publicPort: 443, workers: {workers},
        institution: {{ name: "試験信用組合", service: "試験ＦＢサービス", loginMethods: "certificate+password" }},
        hosts: [
            {{ name: "{LOGIN}", role: "login", {pairs["login"]}, certificateHost: "{NAME}", cookieDomain: "bank.example",
               routes: [{{ path: "/", upstream: "bank", access: "customer" }}] }},
            {{ name: "{NAME}", role: "certificate", {pairs["server"]}, trust: "customers",
               routes: [{{ path: "/", upstream: "bank", access: "customer" }}] }},
        ],
        trust: {{ customers: {{
            anchors: ["{folder}/anchors.pem"],
            // Whoever signs a list must be known before a client sends it.
            intermediates: ["{folder}/issuing-ec.pem", "{folder}/issuing-rsa.pem"],
            crls: {json.dumps([str(path) for path in crls])},
            revocation: {{ {'' if crls else 'whenUnknown: "allow"'} }},
        }} }},
        mapping: [
            {{ issuer: "{folder}/issuing-ec.pem", by: "subject", attribute: "CN", supersede: "onNewLogin" }},
            {{ issuer: "{folder}/issuing-rsa.pem", by: "subject", attribute: "CN", supersede: "onNewLogin" }},
        ],
        upstreams: {{ bank: {{ endpoint: "127.0.0.1:{upstream}" }} }},
        assertion: {{ issuer: "https://{LOGIN}", keyFile: "{folder}/assertion.key", jwksFile: "{folder}/assertion.jwks.json" }},
        continuation: {{ keyFile: "{folder}/continuation.key" }},
        // All load comes from one address.
        limits: {{ {limits} perSource: {{ connectionsMax: 0, fullHandshakesPerSecond: 0, resumedHandshakesPerSecond: 0 }} }},
        admin: {{ socket: "{folder}/admin-{port}.sock" }},
        store: "sqlite:{folder}/{store}",
        logs: {{ format: "json", auditFile: "{folder}/audit-{port}.json" }},
    }}""")
    return configuration
