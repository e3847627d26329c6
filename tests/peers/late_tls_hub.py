"""A hub that asks for the client's certificate when the request is there already, as Apache does for one path.

    late_tls_hub.py DIRECTORY -tls1_2|-tls1_3

OpenSSL's own server makes the connection. With TLS 1.2 it renegotiates; with TLS 1.3 it asks for the certificate after
the handshake, which a client must have offered. Prints the port, then `asked` and who showed a certificate.
"""
import os
import pathlib
import re
import subprocess
import sys
import threading

sys.dont_write_bytecode = True
import certificates  # noqa: E402

directory = pathlib.Path(sys.argv[1])
version = sys.argv[2]
certificates.write_all(directory)

BODY = """<?xml version='1.0'?>
<methodResponse><params><param><value><struct>
<member><name>session-id</name><value><int>7</int></value></member>
<member><name>session-key</name><value><string>7-key</string></value></member>
<member><name>header-auth</name><value><boolean>1</boolean></value></member>
</struct></value></param></params></methodResponse>
"""
ANSWER = f"HTTP/1.1 200 OK\nContent-Type: text/xml\nContent-Length: {len(BODY)}\n\n{BODY}"

server = subprocess.Popen(
    ["openssl", "s_server", "-accept", "127.0.0.1:0", version, "-cert", directory / "server.pem",
     "-CAfile", directory / "ca.pem", "-no_resumption_on_reneg"],
    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def end_with_the_test():
    sys.stdin.read()
    server.kill()


def say(text):
    server.stdin.write(text.encode())
    server.stdin.flush()


threading.Thread(target=end_with_the_test, daemon=True).start()
# What was read, and what of it is still waited for.
text = ""
steps = [r"ACCEPT \S+:(\d+)\n", r"</methodCall>", r"depth=0 CN ?= ?(\S+)\n|error:[^\n]*|DONE"]
while steps and (piece := os.read(server.stdout.fileno(), 65536)):
    text += piece.decode(errors="replace")
    while steps and (found := re.search(steps[0], text)):
        text = text[found.end():]
        steps.pop(0)
        if len(steps) == 2:
            print(found.group(1), flush=True)
        elif len(steps) == 1:
            say("R\n" if version == "-tls1_2" else "c\n")
        else:
            print("asked", found.group(1) or "nobody", flush=True)
            say(ANSWER)
server.wait()
