"""The gateway's customers: a list of them, and one who logs in with a certificate."""
import base64, hashlib, http.client, socket, ssl, subprocess, sys, urllib.parse

from .certificates import NAME

PASSWORD = "Sakura2026"


def seed(program, configuration, path, count):
    """Imports so many customers, USER-ec and USER-rsa among them; all have the same password and hash."""
    if not path.exists():
        def text(data):
            return base64.b64encode(data).decode().rstrip("=")
        salt = b"sixteen bytes of"
        key = hashlib.scrypt(PASSWORD.encode(), salt=salt, n=1 << 15, r=8, p=1, maxmem=64 << 20, dklen=32)
        password = f"$scrypt$ln=15,r=8,p=1${text(salt)}${text(key)}"
        names = ["USER-ec", "USER-rsa"] + [f"USER{index:08}" for index in range(count - 2)]
        with path.open("w") as file:
            file.write("id,name,role,method,password_hash\n")
            file.writelines(f'{name},試験,general,certificate,"{password}"\n' for name in names)
    done = subprocess.run([program, "customers", "import", path, "--config", configuration], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"bench: customers import: {done.stdout}{done.stderr}")


def log_in(folder, port, kind):
    """The cookie of a session that is bound to the certificate of that client."""
    context = ssl.create_default_context(cafile=folder / "server-ca.pem")
    context.load_cert_chain(folder / f"client-{kind}.pem", folder / f"client-{kind}.key")
    connection = http.client.HTTPConnection(NAME)
    connection.sock = context.wrap_socket(socket.create_connection(("127.0.0.1", port), 30), server_hostname=NAME)
    def ask(method, path, body=None, **headers):
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        response.read()
        return response, [line.split(";")[0] for line in response.headers.get_all("Set-Cookie") or []]
    response, cookies = ask("GET", "/")
    sealed = urllib.parse.parse_qs(urllib.parse.urlsplit(response.headers["Location"]).query)["c"][0]
    form = urllib.parse.urlencode(dict(c=sealed, password=PASSWORD))
    response, session = ask("POST", "/.sekisho/certificate", form, Cookie="; ".join(cookies),
                            **{"Content-Type": "application/x-www-form-urlencoded"})
    if response.status != 303 or not session:
        sys.exit(f"bench: the login as USER-{kind} came to {response.status} {response.headers['Location']}")
    return session[0]
