"""Whoever changes trust while the gateway runs."""
import hashlib, http.client, json, socket, sys


class Officer:
    """Changes trust over the admin socket, as `sekisho trust` does."""

    def __init__(self, path, store="customers"):
        self.path, self.store = path, store

    def send(self, command, body):
        connection = http.client.HTTPConnection("sekisho")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.path))
        connection.request("POST", f"/trust/{self.store}/{command}", body)
        response = connection.getresponse()
        text = response.read()
        connection.close()
        if response.status != 200:
            sys.exit(f"bench: {command}: {text.decode()}")

    def stage(self, **parts):
        listed = [dict(kind=kind, name=kind, bytes=len(data), sha256=hashlib.sha256(data).hexdigest())
                  for kind, data in parts.items()]
        self.send("stage", json.dumps(dict(parts=listed)).encode() + b"\n" + b"".join(parts.values()))

    def commit(self):
        self.send("commit", b'{"allowLockout":1000000}')

    def replace(self, **parts):
        self.stage(**parts)
        self.commit()
