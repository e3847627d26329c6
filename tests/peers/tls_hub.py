"""A hub that takes client certificates, on a free port of 127.0.0.1.

    tls_hub.py DIRECTORY [CERTIFICATE]

Makes an authority, certificates of servers and of users in the directory, prints the port, and answers each POST whose
client showed a certificate of the authority with a session. What belongs to no certificate cannot reach it: the
handshake fails. The server's own certificate is server.pem where none is named.
"""
import http.server
import os
import pathlib
import ssl
import sys
import threading

sys.dont_write_bytecode = True
import certificates  # noqa: E402

directory = pathlib.Path(sys.argv[1])
certificates.write_all(directory)

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
context.load_cert_chain(directory / (sys.argv[2] if len(sys.argv) > 2 else "server.pem"))
context.load_verify_locations(directory / "ca.pem")
server = Server(("127.0.0.1", 0), Hub)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
# The test ends its peers by closing their input.
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(server.server_address[1], flush=True)
server.serve_forever()
