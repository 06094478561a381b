"""The certificates, keys and revocation lists of a measurement, made with the openssl command."""
import hashlib, shutil, subprocess, time

NAME = "cert.bank.example"
LOGIN = "login.bank.example"


def openssl(folder, *words, **options):
    return subprocess.run(["openssl", *map(str, words)], cwd=folder, check=True, capture_output=True, **options).stdout


KEYS = dict(ec=["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
            rsa=["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])
AUTHORITY = ["basicConstraints=critical,CA:true", "keyUsage=critical,keyCertSign,cRLSign"]


def certificate(folder, name, kind, issuer, subject, extensions):
    openssl(folder, "genpkey", *KEYS[kind], "-out", f"{name}.key")
    (folder / "extensions").write_text("\n".join(extensions))
    openssl(folder, "req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr")
    signer = ["-signkey", f"{name}.key"] if issuer is None else \
        ["-CA", f"{issuer}.pem", "-CAkey", f"{issuer}.key", "-CAcreateserial"]
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", *signer, "-days", 30, "-sha256", "-extfile", "extensions",
            "-out", f"{name}.pem")


def copy_certificates(folder, place):
    """With their keys, into a folder that is made for them."""
    shutil.copytree(folder, place, ignore=lambda _, names: {name for name in names if not name.endswith((".pem", ".key"))})


def make_certificates(folder):
    """Two servers' and, of each kind of key, a root, an issuing authority and the customer USER-KIND."""
    certificate(folder, "server-ca", "ec", None, "/CN=Bench Server CA", AUTHORITY)
    certificate(folder, "server", "ec", "server-ca", f"/CN={NAME}",
                [f"subjectAltName=DNS:{NAME},DNS:*.{NAME}", "extendedKeyUsage=serverAuth"])
    certificate(folder, "login", "ec", "server-ca", f"/CN={LOGIN}",
                [f"subjectAltName=DNS:{LOGIN}", "extendedKeyUsage=serverAuth"])
    for kind in KEYS:
        certificate(folder, f"root-{kind}", kind, None, f"/C=JP/O=Bench/CN=Client Root {kind}", AUTHORITY)
        certificate(folder, f"issuing-{kind}", kind, f"root-{kind}", f"/C=JP/O=Bench/CN=Client CA {kind}", AUTHORITY)
        certificate(folder, f"client-{kind}", kind, f"issuing-{kind}", f"/C=JP/O=Bench/CN=USER-{kind}",
                    ["basicConstraints=critical,CA:false", "keyUsage=critical,digitalSignature",
                     "extendedKeyUsage=clientAuth"])
        leaf = folder / f"client-{kind}.pem"
        leaf.write_text(leaf.read_text() + (folder / f"issuing-{kind}.pem").read_text())
    (folder / "anchors.pem").write_text("".join((folder / f"root-{kind}.pem").read_text() for kind in KEYS))
    (folder / "server-full.pem").write_text((folder / "server.pem").read_text() + (folder / "server.key").read_text())
    for file in folder.iterdir():
        file.chmod(0o600)


def more_anchors(folder, count):
    """So many self-signed authorities that have issued nothing, all of one key."""
    key = folder / "more.key"
    openssl(folder, "genpkey", *KEYS["ec"], "-out", key)
    (folder / "more.cnf").write_text("[req]\ndistinguished_name=name\n[name]\n[ca]\n" + "\n".join(AUTHORITY) + "\n")
    return b"".join(
        openssl(folder, "req", "-x509", "-config", "more.cnf", "-extensions", "ca", "-key", key, "-days", 30,
                "-subj", f"/C=JP/O=Bench/CN=Further Root {index}") for index in range(count))


def der(tag, *contents):
    content = b"".join(contents)
    length = len(content)
    octets = b"" if length < 0x80 else length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([0x80 | len(octets)]) + octets if octets else bytes([length])) + content


def revocation_list(folder, issuer, serials, number=1):
    """A CRL in DER, of serial numbers as bytes, signed by the P-256 key of an authority in the folder."""
    certificate = openssl(folder, "x509", "-in", f"{issuer}.pem", "-outform", "DER")
    def element(offset):
        length, start = certificate[offset + 1], offset + 2
        if length & 0x80:
            start, length = start + (length & 0x7f), int.from_bytes(certificate[start:start + (length & 0x7f)], "big")
        return start, start + length
    # Version, serial number, algorithm, issuer and validity stand in front of the subject.
    offset = element(element(0)[0])[0]
    for _ in range(5):
        offset = element(offset)[1]
    name = certificate[offset:element(offset)[1]]
    def moment(seconds):
        return time.strftime("%y%m%d%H%M%SZ", time.gmtime(time.time() + seconds)).encode()
    algorithm = bytes.fromhex("300a06082a8648ce3d040302")
    date = der(0x17, moment(-3600))
    entries = b"".join(der(0x30, der(2, serial), date) for serial in serials)
    count = der(2, number.to_bytes(number.bit_length() // 8 + 1, "big"))
    extensions = der(0xa0, der(0x30, der(0x30, bytes.fromhex("0603551d14"), der(4, count))))
    signed = der(0x30, der(2, b"\x01"), algorithm, name, date, der(0x17, moment(86400)),
                 der(0x30, entries) if entries else b"", extensions)
    signature = openssl(folder, "dgst", "-sha256", "-sign", f"{issuer}.key", input=signed)
    return der(0x30, signed, algorithm, der(3, b"\0", signature))


def made_up_serials(count):
    """20 octets each, positive, evenly spread as authorities make them today."""
    for index in range(count):
        digest = hashlib.sha256(index.to_bytes(8, "big")).digest()
        yield bytes([digest[0] & 0x3f | 0x40]) + digest[1:20]
