"""Runs the whole code flow with an OAuth client library of other people: pushed request, PKCE, login and
consent of a customer, code, access token, API, refresh, introspection, revocation.

    code_flow.py LIBRARY --issuer URL --ca PEM --certificate PEM --key PEM --client ID --redirect-uri URI
                 [--signing-key PEM --key-id ID] --user ID --password TEXT --records JSON

JSON is a file for `sekisho-consent customers import` that has the user's questions and answers. LIBRARY is authlib, authlib-jwt (private_key_jwt) or requests-oauthlib. Ends with 0 when every step came out as
it should; otherwise the last line says which did not.
"""

import argparse
import html.parser
import json
import secrets
import socket
import urllib.parse

import requests

# RFC 6761: every name under localhost is this machine, whatever its resolver knows.
resolve = socket.getaddrinfo
socket.getaddrinfo = lambda host, *rest, **more: resolve(
    "127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **more)

parser = argparse.ArgumentParser()
parser.add_argument("library")
for name in ["issuer", "ca", "certificate", "key", "client", "redirect-uri", "user", "password", "records"]:
    parser.add_argument(f"--{name}", required=True)
parser.add_argument("--signing-key")
parser.add_argument("--key-id")
options = parser.parse_args()

SCOPE = ["balance", "movements"]


def expect(holds, step, seen=""):
    if not holds:
        raise SystemExit(f"{options.library}: {step}: {seen}")
    print("ok", step)


# ---- the customer ------------------------------------------------------------------------------------------------


class Forms(html.parser.HTMLParser):
    """Every form of a page: where it goes, its fields with what they hold, and its buttons; and where the page
    goes on to by itself, at once."""

    def __init__(self, page):
        super().__init__()
        self.forms = []
        self.next = None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "form":
            self.forms.append({"action": attributes.get("action"), "fields": [], "buttons": []})
        elif tag == "meta" and attributes.get("http-equiv") == "refresh":
            seconds, _, address = attributes.get("content", "").partition("; url=")
            self.next = address if seconds == "0" else None
        elif self.forms and tag in ("input", "button", "select"):
            kind = attributes.get("type", "submit" if tag == "button" else "text")
            entry = (kind, attributes.get("name"), attributes.get("value", ""))
            self.forms[-1]["buttons" if kind == "submit" else "fields"].append(entry)


class Customer:
    """Goes through whatever pages there are, filling in what each asks for, until the bank sends it away."""

    BUTTONS = ["scopes", "register", "confirm", "allow"]
    PIN = "1234"

    def __init__(self):
        records = json.load(open(options.records))
        questions = next(record for record in records if record["id"] == options.user).get("questions", [])
        self.answers = {entry["question"]: entry["answer"] for entry in questions}
        self.browser = requests.Session()
        self.browser.verify, self.browser.trust_env = options.ca, False

    def visit(self, address):
        response = self.follow(self.browser.get(address, allow_redirects=False))
        for _ in range(20):
            if not isinstance(response, requests.Response):
                return response
            expect(response.status_code == 200, f"page {response.url}", response.text)
            response = self.follow(self.answer(response))
        raise SystemExit("the pages have no end")

    def follow(self, response):
        """Up to a page that waits, or to the address at the partner."""
        while response.is_redirect or (response.status_code == 200 and Forms(response.text).next):
            if response.is_redirect:
                expect(response.status_code == 303, "redirect is a 303", response.status_code)
            address = response.headers.get("Location") or Forms(response.text).next
            address = urllib.parse.urljoin(response.url, address)
            if address.startswith(options.redirect_uri):
                return address
            response = self.browser.get(address, allow_redirects=False)
        return response

    def answer(self, page):
        forms = [form for form in Forms(page.text).forms if form["buttons"]]
        form = next((f for f in forms if any(name == "password" for _, name, _ in f["fields"])), forms[-1])
        filled = []
        for kind, name, value in form["fields"]:
            if not name:
                continue
            if name == "id":
                value = options.user
            elif name == "password":
                value = options.password
            elif name == "answer":
                value = next(self.answers[question] for question in self.answers if question in page.text)
            elif kind in ("password", "tel", "text") and not value:
                value = self.PIN
            filled.append((name, value))
        named = [(name, value) for _, name, value in form["buttons"] if name]
        order = lambda button: self.BUTTONS.index(button[1]) if button[1] in self.BUTTONS else 99
        filled += sorted(named, key=order)[:1]
        origin = "/".join(page.url.split("/")[:3])
        return self.browser.post(
            urllib.parse.urljoin(page.url, form["action"] or page.url), data=filled,
            headers={"Origin": origin}, allow_redirects=False)


# ---- the partner -------------------------------------------------------------------------------------------------

metadata = requests.get(
    f"{options.issuer}/.well-known/oauth-authorization-server", verify=options.ca).json()
expect(metadata["issuer"] == options.issuer, "metadata names the issuer", metadata)
endpoints = metadata["mtls_endpoint_aliases"]
mutual = {"cert": (options.certificate, options.key), "verify": options.ca}


def parameters(address):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(address).query))


def push(request, auth=None):
    if auth:
        del request["client_id"]  # Authlib says who it is
    response = requests.post(
        endpoints["pushed_authorization_request_endpoint"], data=request, auth=auth, **mutual)
    expect(response.status_code == 201, "the request is pushed", response.text)
    query = {"client_id": options.client, "request_uri": response.json()["request_uri"]}
    return f"{metadata['authorization_endpoint']}?{urllib.parse.urlencode(query)}"


def consent(address, state):
    back = Customer().visit(address)
    answer = parameters(back)
    expect("code" in answer, "the customer allows", back)
    expect(answer["state"] == state, "state comes back", answer)
    expect(answer["iss"] == options.issuer, "the issuer signs its answer", answer)
    return back, answer["code"]


class Authlib:
    def __init__(self):
        from authlib.integrations.requests_client import OAuth2Session
        from authlib.oauth2.rfc7523 import PrivateKeyJWT
        from joserfc.jwk import ECKey

        method = "private_key_jwt" if options.signing_key else "none"
        secret = ECKey.import_key(open(options.signing_key).read()) if options.signing_key else None
        self.session = OAuth2Session(
            options.client, secret, scope=" ".join(SCOPE), redirect_uri=options.redirect_uri,
            token_endpoint_auth_method=method, revocation_endpoint_auth_method=method,
            code_challenge_method="S256", token_endpoint=endpoints["token_endpoint"])
        if options.signing_key:
            self.session.register_client_auth_method(
                PrivateKeyJWT(options.issuer, headers={"kid": options.key_id}, alg="ES256"))
        self.session.cert, self.session.verify = mutual["cert"], mutual["verify"]
        self.session.trust_env = False  # or it takes the machine's anchors instead
        self.auth = self.session.client_auth(method)

    def authorize(self):
        self.verifier = secrets.token_urlsafe(48)
        address, state = self.session.create_authorization_url(
            metadata["authorization_endpoint"], code_verifier=self.verifier)
        return consent(push(parameters(address), self.auth), state)

    def fetch(self, back, code):
        return self.session.fetch_token(authorization_response=back, code_verifier=self.verifier)

    def refresh(self, token):
        return self.session.refresh_token(endpoints["token_endpoint"], refresh_token=token)

    def introspect(self, token):
        return self.session.introspect_token(endpoints["introspection_endpoint"], token=token).json()

    def revoke(self, token):
        return self.session.revoke_token(endpoints["revocation_endpoint"], token=token)

    def read(self, token):
        self.session.token = token
        return self.session.get(API)


class RequestsOAuthlib:
    def __init__(self):
        from requests_oauthlib import OAuth2Session

        self.session = OAuth2Session(
            options.client, scope=SCOPE, redirect_uri=options.redirect_uri, pkce="S256")
        self.session.cert, self.session.verify = mutual["cert"], mutual["verify"]
        self.session.trust_env = False

    def authorize(self):
        address, state = self.session.authorization_url(metadata["authorization_endpoint"])
        return consent(push(parameters(address)), state)

    def fetch(self, back, code):
        return self.session.fetch_token(endpoints["token_endpoint"], code=code, include_client_id=True)

    def refresh(self, token):
        return self.session.refresh_token(
            endpoints["token_endpoint"], refresh_token=token, client_id=options.client)

    def introspect(self, token):
        return self.post("introspection_endpoint", token).json()

    def revoke(self, token):
        return self.post("revocation_endpoint", token)

    def post(self, endpoint, token):
        return requests.post(
            endpoints[endpoint], data={"client_id": options.client, "token": token}, **mutual)

    def read(self, token):
        self.session.token = token
        return self.session.get(API)


API = endpoints["token_endpoint"].removesuffix("/token") + "/api/v1/accounts"
client = RequestsOAuthlib() if options.library == "requests-oauthlib" else Authlib()

back, code = client.authorize()
token = dict(client.fetch(back, code))
expect(token["token_type"] == "Bearer" and token["expires_in"] <= 600, "a token is issued", token.keys())
accounts = client.read(token)
expect(accounts.status_code == 200 and accounts.json()["accounts"], "the API gives accounts", accounts.text)

fresh = dict(client.refresh(token["refresh_token"]))
expect(fresh["access_token"] != token["access_token"], "a refresh gives a new access token")
expect(fresh.get("refresh_token") in (None, token["refresh_token"]), "the refresh token stays")
expect(client.read(fresh).status_code == 200, "the new token opens the API")

seen = client.introspect(fresh["access_token"])
expect(seen["active"] and seen["cnf"]["x5t#S256"], "the token is described, with its certificate", seen)
expect(client.introspect(code) == {"active": False}, "a code is no token")

expect(client.revoke(token["refresh_token"]).status_code == 200, "the refresh token is revoked")
expect(client.introspect(fresh["access_token"]) == {"active": False}, "nothing is active any more")
expect(client.read(fresh).status_code == 401, "the API is closed")
