//! A link that allows its holder one request, such as an upload, until it ends. Requests of S3 that the
//! functions send themselves are such links too: so there is one way to sign for S3.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation, SigningSettings,
    UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use http::{Method, Request};
use second_brain_domain::Failure;

use crate::client::{AwsClient, Service, endpoint};

/// The request that is allowed. Every header must be sent as it is here.
pub struct Link<'a> {
    pub service: Service,
    pub method: Method,
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub valid: Duration,
}

impl AwsClient {
    pub fn presigned(&self, link: &Link<'_>) -> Result<String, Failure> {
        self.signed_link(link).map_err(|error| Failure::unavailable(link.service.what, error))
    }

    fn signed_link(&self, link: &Link<'_>) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let url = format!("{}{}", endpoint(link.service, self.region()), link.path);
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        settings.expires_in = Some(link.valid);
        let identity = self.credentials().clone().into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(self.region())
            .name(link.service.signing_name)
            .time(SystemTime::now())
            .settings(settings)
            .build()?
            .into();
        let headers = link.headers.iter().copied();
        let signable =
            SignableRequest::new(link.method.as_str(), &url, headers, SignableBody::UnsignedPayload)?;
        let (instructions, _) = sign(signable, &parameters)?.into_parts();
        let mut request = Request::builder().method(&link.method).uri(&url).body(())?;
        instructions.apply_to_request_http1x(&mut request);
        Ok(request.uri().to_string())
    }
}
