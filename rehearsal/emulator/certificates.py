"""The certificate authority of one project's databases, and the certificate of each server.

It replaces the RDS certificate bundle: clients that verify the server with the bundle on AWS verify it with
this authority here. `Authority.client_environment` sets it for programs.
"""

import datetime as dt
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

CLIENT_VARIABLES = ("PGSSLROOTCERT", "NODE_EXTRA_CA_CERTS")
"""Variables that clients read already: libpq and related (psycopg, asyncpg, sqlx, pgx), and Node."""

_VALIDITY = dt.timedelta(days=3650)
_SIGNS_CERTIFICATES = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True)
class Authority:
    folder: Path

    @property
    def certificate(self) -> Path:
        """A PEM file with which to verify servers."""
        return self.folder / "rds-ca.pem"

    @property
    def client_environment(self) -> dict[str, str]:
        """For every program that runs on AWS otherwise: functions, agents, tasks."""
        return dict.fromkeys(CLIENT_VARIABLES, str(self.certificate))

    @property
    def _key(self) -> Path:
        return self.folder / "rds-ca.key"

    def ensure(self) -> None:
        """Create the authority if it does not exist."""
        if self.certificate.exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _name("Slipway rehearsal RDS root")
        built = _builder(subject=name, issuer=name, own=key.public_key(), signer=key.public_key())
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        built = built.add_extension(_SIGNS_CERTIFICATES, critical=True)
        _write_secret(self._key, _pem(key))
        self.certificate.write_bytes(_signed(built, key))

    def issue(self, address: str, *, certificate: Path, key: Path) -> None:
        """Create a server certificate for an IP address."""
        own = ec.generate_private_key(ec.SECP256R1())
        root = x509.load_pem_x509_certificate(self.certificate.read_bytes())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        signer = self._load_key()
        built = _builder(
            subject=_name(address), issuer=root.subject, own=own.public_key(), signer=signer.public_key()
        )
        built = built.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        built = built.add_extension(names, critical=False)
        certificate.write_bytes(_signed(built, signer))
        _write_secret(key, _pem(own))

    def _load_key(self) -> ec.EllipticCurvePrivateKey:
        key = serialization.load_pem_private_key(self._key.read_bytes(), password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{self._key} holds another kind of key")
        return key


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _builder(
    *,
    subject: x509.Name,
    issuer: x509.Name,
    own: ec.EllipticCurvePublicKey,
    signer: ec.EllipticCurvePublicKey,
) -> x509.CertificateBuilder:
    """A builder with the key identifiers that strict verifiers (Python from 3.13 on) require."""
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(own)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + _VALIDITY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer), critical=False)
    )


def _signed(built: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> bytes:
    return built.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _write_secret(file: Path, content: bytes) -> None:
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as opened:
        opened.write(content)
