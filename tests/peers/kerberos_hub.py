"""A hub that logs in by Kerberos, with a KDC of its own, on free ports of loopback.

    kerberos_hub.py DIRECTORY

Needs MIT's krb5kdc, kadmin.local and kdb5_util, and its GSS library. Makes the realm EXAMPLE.TEST with alice, bob and
the hub, keytabs alice.keytab and both.keytab (bob first), prints the port, and then, for each log-in, `accepted` and who.
A method `getTag` finds its session expired once after each first log-in, so that it has to be renewed. The end of its
input ends it and the KDC.
"""
import base64
import ctypes
import http.server
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
import certificates  # noqa: E402

directory = pathlib.Path(sys.argv[1])
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
REALM = "EXAMPLE.TEST"


def program(name):
    return shutil.which(name, path=PATH) or sys.exit(f"no {name}")


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def configure(port):
    (directory / "krb5.conf").write_text(f"""[libdefaults]
 default_realm = {REALM}
 dns_lookup_realm = false
 dns_lookup_kdc = false
 rdns = false
 dns_canonicalize_hostname = false
 clockskew = 1
[realms]
 {REALM} = {{
  kdc = 127.0.0.1:{port}
 }}
[domain_realm]
 localhost = {REALM}
""")
    (directory / "kdc.conf").write_text(f"""[kdcdefaults]
 kdc_listen = 127.0.0.1:{port}
 kdc_tcp_listen = 127.0.0.1:{port}
[realms]
 {REALM} = {{
  database_name = {directory}/principal
  key_stash_file = {directory}/stash
  acl_file = {directory}/acl
  max_life = 10h
 }}
[logging]
 kdc = FILE:{directory}/kdc.log
""")


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def admin(query):
    run(program("kadmin.local"), "-q", query)


def make_realm():
    configure(free_port())
    os.environ["KRB5_CONFIG"] = str(directory / "krb5.conf")
    os.environ["KRB5_KDC_PROFILE"] = str(directory / "kdc.conf")
    os.environ["KRB5_KTNAME"] = str(directory / "http.keytab")
    run(program("kdb5_util"), "create", "-s", "-P", "master", "-r", REALM)
    for principal in ["alice", "bob", "HTTP/localhost"]:
        admin(f"addprinc -randkey {principal}")
    admin(f"ktadd -norandkey -k {directory}/alice.keytab alice")
    admin(f"ktadd -norandkey -k {directory}/both.keytab bob")
    admin(f"ktadd -norandkey -k {directory}/both.keytab alice")
    admin(f"ktadd -norandkey -k {directory}/http.keytab HTTP/localhost")


def start_kdc():
    """Starts it on a port that nobody takes meanwhile, and waits until it says that it has begun."""
    for _ in range(20):
        configure(free_port())
        log = directory / "kdc.log"
        log.unlink(missing_ok=True)
        kdc = subprocess.Popen([program("krb5kdc"), "-n"], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
        while kdc.poll() is None:
            if log.exists() and "commencing operation" in log.read_text(errors="replace"):
                return kdc
    sys.exit("no port for the KDC")


class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]


def accepted(token):
    """Who a token is of, or None."""
    minor, context, name = ctypes.c_uint32(), ctypes.c_void_p(), ctypes.c_void_p()
    data = ctypes.create_string_buffer(token, len(token))
    given, out, shown = Buffer(len(token), ctypes.cast(data, ctypes.c_void_p)), Buffer(), Buffer()
    refused = gss.gss_accept_sec_context(
        ctypes.byref(minor), ctypes.byref(context), None, ctypes.byref(given), None,
        ctypes.byref(name), None, ctypes.byref(out), None, None, None)
    if refused:
        return None
    gss.gss_display_name(ctypes.byref(minor), name, ctypes.byref(shown), None)
    return ctypes.string_at(shown.value, shown.length).decode()


SESSION = """<?xml version='1.0'?>
<methodResponse><params><param><value><struct>
<member><name>session-id</name><value><int>7</int></value></member>
<member><name>session-key</name><value><string>7-AbCdEfGhIjKlMnOpQrS</string></value></member>
<member><name>header-auth</name><value><boolean>1</boolean></value></member>
</struct></value></param></params></methodResponse>"""
EXPIRED = """<?xml version='1.0'?>
<methodResponse><fault><value><struct>
<member><name>faultCode</name><value><int>1007</int></value></member>
<member><name>faultString</name><value><string>session "7" has expired</string></value></member>
</struct></value></fault></methodResponse>"""
NIL = """<?xml version='1.0'?>
<methodResponse><params><param><value><nil/></value></param></params></methodResponse>"""
renewed = set()


class Hub(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.path.endswith("/ssllogin"):
            return self.answer(200, NIL if "yes" in renewed else EXPIRED)
        given = self.headers.get("Authorization", "")
        who = accepted(base64.b64decode(given[10:])) if given.startswith("Negotiate ") else None
        if who is None:
            return self.answer(401, "")
        (renewed.add if b"<name>renew</name>" in body else renewed.discard)("yes")
        print("accepted", who, flush=True)
        self.answer(200, SESSION)

    def answer(self, status, text):
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", "Negotiate")
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


certificates.write_all(directory)
try:
    gss = ctypes.CDLL("libgssapi_krb5.so.2")
except OSError:
    sys.exit("no GSS library")
make_realm()
kdc = start_kdc()
try:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory / "server.pem")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()
finally:
    kdc.kill()
    kdc.wait()
