"""The roots that database clients trust are roots of RDS, valid, and there for the region."""

import datetime as dt
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from blocks.certificates import RDS_BUNDLE, MissingRootError, require_rds_root

BUNDLE = x509.load_pem_x509_certificates((Path(__file__).parents[3] / RDS_BUNDLE).read_bytes())


def test_each_is_a_root_of_rds_and_signs_itself() -> None:
    for certificate in BUNDLE:
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert str(name.value).startswith("Amazon RDS ")
        certificate.verify_directly_issued_by(certificate)


def test_none_expires_within_ten_years() -> None:
    horizon = dt.datetime(2036, 1, 1, tzinfo=dt.UTC)
    assert all(certificate.not_valid_after_utc > horizon for certificate in BUNDLE)


def test_a_region_has_one_of_each_key() -> None:
    names = [str(c.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value) for c in BUNDLE]
    here = {name for name in names if " us-east-1 " in name}
    assert here == {f"Amazon RDS us-east-1 Root CA {kind} G1" for kind in ("RSA2048", "RSA4096", "ECC384")}


def test_a_region_without_a_root_is_refused() -> None:
    require_rds_root("eu-west-1")
    with pytest.raises(MissingRootError, match="no root certificate of RDS in mx-central-1"):
        require_rds_root("mx-central-1")
