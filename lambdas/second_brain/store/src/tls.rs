//! TLS to the database: always on, always verified.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use second_brain_domain::Failure;
use tokio_postgres_rustls::MakeRustlsConnect;

/// The authorities of RDS, which nothing else in this program trusts.
const RDS_ROOTS: &[u8] = include_bytes!("../../../../blocks/certificates/rds.pem");

pub fn connector(certificates: Option<&str>) -> Result<MakeRustlsConnect, Failure> {
    let roots = match certificates {
        Some(path) => roots(&std::fs::read(path).map_err(unusable)?)?,
        None => roots(RDS_ROOTS)?,
    };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn roots(pem: &[u8]) -> Result<RootCertStore, Failure> {
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        store.add(certificate.map_err(unusable)?).map_err(unusable)?;
    }
    if store.is_empty() {
        return Err(Failure::unavailable(
            "the database's certificate authority",
            "the file holds no certificate",
        ));
    }
    Ok(store)
}

fn unusable(error: impl std::error::Error + Send + Sync + 'static) -> Failure {
    Failure::unavailable("the database's certificate authority", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_roots_of_rds_are_carried_and_nothing_else_is_taken_for_them() {
        assert!(roots(RDS_ROOTS).unwrap().len() >= 50);
        assert!(roots(b"").is_err());
        assert!(connector(Some("/no/such/file.pem")).is_err());
    }
}
