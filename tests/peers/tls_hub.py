"""A hub that takes client certificates, on a free port of 127.0.0.1.

Makes an authority, certificates of the server and of users in the directory given, prints the port, and
answers each POST whose client showed a certificate of the authority with a session. What belongs to no
certificate cannot reach it: the handshake fails.
"""
import datetime
import http.server
import ipaddress
import pathlib
import ssl
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

directory = pathlib.Path(sys.argv[1])
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)


def pem(key, old=False):
    kind = serialization.PrivateFormat
    form = kind.TraditionalOpenSSL if old else kind.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def name(common):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def certificate(common, issuer=None, until=now + day):
    key = rsa.generate_private_key(65537, 2048)
    by, signer = issuer or (name(common), key)
    made = (
        x509.CertificateBuilder()
        .subject_name(name(common))
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - 10 * day)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(signer, hashes.SHA256())
    )
    return made, key, made.public_bytes(serialization.Encoding.PEM)


authority, authority_key, authority_pem = certificate("authority")
issuer = (authority.subject, authority_key)
_, server_key, server_pem = certificate("127.0.0.1", issuer)
_, user_key, user_pem = certificate("alice", issuer)
_, late_key, late_pem = certificate("late", issuer, now - day)
(directory / "ca.pem").write_bytes(authority_pem)
(directory / "other-ca.pem").write_bytes(certificate("another authority")[2])
(directory / "server.pem").write_bytes(server_pem + pem(server_key))
(directory / "client.pem").write_bytes(user_pem + pem(user_key))
(directory / "old.pem").write_bytes(user_pem + pem(user_key, old=True))
(directory / "expired.pem").write_bytes(late_pem + pem(late_key))

SESSION = b"""<?xml version='1.0'?>
<methodResponse><params><param><value><struct>
<member><name>session-id</name><value><int>7</int></value></member>
<member><name>session-key</name><value><string>7-key</string></value></member>
<member><name>header-auth</name><value><boolean>1</boolean></value></member>
</struct></value></param></params></methodResponse>"""


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.send_response(200 if self.path.endswith("/ssllogin") else 404)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(SESSION)))
        self.end_headers()
        self.wfile.write(SESSION)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        """A client whose handshake failed is part of the test."""


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.verify_mode = ssl.CERT_REQUIRED
context.load_cert_chain(directory / "server.pem")
context.load_verify_locations(directory / "ca.pem")
server = Server(("127.0.0.1", 0), Hub)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
