"""An authority on loopback, and certificates of it."""
import datetime
import ipaddress

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

NOW = datetime.datetime.now(datetime.timezone.utc)
DAY = datetime.timedelta(days=1)


def pem(key, old=False):
    kind = serialization.PrivateFormat
    form = kind.TraditionalOpenSSL if old else kind.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def name(common):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common)])


def certificate(common, issuer=None, until=NOW + DAY):
    """A certificate with its key, and the certificate as PEM; without an issuer an authority."""
    key = rsa.generate_private_key(65537, 2048)
    by, signer = issuer or (name(common), key)
    names = [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
    made = (
        x509.CertificateBuilder()
        .subject_name(name(common))
        .issuer_name(by)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - 10 * DAY)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName(names), False)
        .sign(signer, hashes.SHA256())
    )
    return made, key, made.public_bytes(serialization.Encoding.PEM)


def write_all(directory):
    """Writes an authority and certificates of servers and users, right ones and wrong ones."""
    authority, authority_key, authority_pem = certificate("authority")
    issuer = (authority.subject, authority_key)
    _, user_key, user_pem = certificate("alice", issuer)
    (directory / "ca.pem").write_bytes(authority_pem)
    (directory / "other-ca.pem").write_bytes(certificate("another authority")[2])
    (directory / "client.pem").write_bytes(user_pem + pem(user_key))
    (directory / "old.pem").write_bytes(user_pem + pem(user_key, old=True))
    late = NOW - DAY
    for file, common, until in [
        ("server.pem", "127.0.0.1", NOW + DAY),
        ("expired-server.pem", "127.0.0.1", late),
        ("expired.pem", "late", late),
    ]:
        _, key, text = certificate(common, issuer, until)
        (directory / file).write_bytes(text + pem(key))
