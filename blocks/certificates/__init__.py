"""The certificate authorities that database clients trust; README.md tells where they come from."""

from pathlib import Path

from config.mistakes import DeliveryError

RDS_BUNDLE = "blocks/certificates/rds.pem"


class MissingRootError(DeliveryError):
    """Names the region whose databases no client here could verify."""


def require_rds_root(region: str) -> None:
    bundle = Path(__file__).with_name("rds.pem").read_text(encoding="ascii")
    if f"Amazon RDS {region} Root CA" not in bundle:
        raise MissingRootError(
            f"no root certificate of RDS in {region} is in {RDS_BUNDLE}; "
            "blocks/certificates/README.md tells where to get it"
        )
