//! The bucket of voice notes: recordings under `uploads/`, what Transcribe made of them under `transcripts/`.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use jiff::Timestamp;
use second_brain_domain::Failure;
use second_brain_domain::ports::OfferUpload;
use second_brain_domain::voice_note::{NewVoiceNote, UPLOAD_WITHIN, Upload, VoiceNoteId};
use second_brain_outbound::{Bounds, Outbound, Reply, encoded};
use second_brain_runtime::MissingSetting;
use second_brain_runtime::settings::required;
use serde::Deserialize;

use crate::client::{AwsClient, Service};
use crate::presigned::Link;

const S3: Service = Service { what: "the store of recordings", signing_name: "s3", host: "s3", id: "S3" };
const UPLOADS: &str = "uploads/";
const TRANSCRIPTS: &str = "transcripts/";
const WITHIN: Duration = Duration::from_secs(10);
/// With every word's times, some hours of speech.
const LARGEST_TRANSCRIPT: usize = 32 << 20;

pub struct Recordings {
    aws: Rc<AwsClient>,
    outbound: Outbound,
    bucket: String,
}

/// What an object's key says that it is.
#[derive(Debug, PartialEq, Eq)]
pub enum Stored {
    Recording(VoiceNoteId),
    Transcript(VoiceNoteId),
}

impl Stored {
    /// Exactly the keys that this program writes; any other is nobody's.
    pub fn parse(key: &str) -> Option<Self> {
        let id = |text| VoiceNoteId::parse(text).ok();
        let found = match (key.strip_prefix(UPLOADS), key.strip_prefix(TRANSCRIPTS)) {
            (Some(name), _) => Self::Recording(id(name)?),
            (_, Some(name)) => Self::Transcript(id(name.strip_suffix(".json")?)?),
            _ => return None,
        };
        (found.key() == key).then_some(found)
    }

    pub fn key(&self) -> String {
        match self {
            Self::Recording(id) => format!("{UPLOADS}{}", id.0),
            Self::Transcript(id) => format!("{TRANSCRIPTS}{}.json", id.0),
        }
    }
}

#[derive(Deserialize)]
struct Document {
    results: Results,
}

#[derive(Deserialize)]
struct Results {
    transcripts: Vec<Words>,
}

#[derive(Deserialize)]
struct Words {
    transcript: String,
}

impl Recordings {
    pub fn from_environment(aws: Rc<AwsClient>, outbound: Outbound) -> Result<Self, MissingSetting> {
        Ok(Self { aws, outbound, bucket: required("VOICE_BUCKET")? })
    }

    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// What was said, or `None` when the transcript is gone already.
    pub async fn transcript(&self, id: VoiceNoteId) -> Result<Option<String>, Failure> {
        let Some(body) = self.request(Method::GET, &Stored::Transcript(id)).await? else { return Ok(None) };
        // The parser's own words could quote the transcript.
        let document: Document = serde_json::from_slice(&body)
            .map_err(|_| Failure::unavailable(S3.what, "the transcript is not one of Transcribe's"))?;
        let said = document.results.transcripts.into_iter().map(|words| words.transcript);
        Ok(Some(said.collect::<Vec<_>>().join(" ")))
    }

    /// The recording and its transcript; it does not matter whether they are there.
    pub async fn delete(&self, id: VoiceNoteId) -> Result<(), Failure> {
        self.request(Method::DELETE, &Stored::Recording(id)).await?;
        self.request(Method::DELETE, &Stored::Transcript(id)).await.map(drop)
    }

    async fn request(&self, method: Method, stored: &Stored) -> Result<Option<Bytes>, Failure> {
        let unavailable = |status: StatusCode| Failure::unavailable(S3.what, format!("status {status}"));
        let path = self.path(stored);
        let link = Link { service: S3, method: method.clone(), path: &path, headers: &[], valid: WITHIN * 2 };
        let url = self.aws.presigned(&link)?;
        let request = Request::builder()
            .method(method)
            .uri(url)
            .body(Bytes::new())
            .map_err(|error| Failure::unavailable(S3.what, error))?;
        let bounds = Bounds { within: WITHIN, bytes: LARGEST_TRANSCRIPT };
        let answer = self.outbound.send(request, bounds).await;
        let Reply { status, body, .. } = answer.map_err(|error| Failure::unavailable(S3.what, error))?;
        match status {
            StatusCode::NOT_FOUND => Ok(None),
            status if status.is_success() => Ok(Some(body)),
            status => Err(unavailable(status)),
        }
    }

    fn path(&self, stored: &Stored) -> String {
        format!("/{}/{}", encoded(&self.bucket), stored.key())
    }
}

impl OfferUpload for Recordings {
    fn offer(&self, id: VoiceNoteId, new: NewVoiceNote) -> Result<Upload, Failure> {
        let (path, size) = (self.path(&Stored::Recording(id)), new.bytes.to_string());
        let headers = [("content-length", size.as_str()), ("content-type", new.format.content_type)];
        let link =
            Link { service: S3, method: Method::PUT, path: &path, headers: &headers, valid: UPLOAD_WITHIN };
        Ok(Upload {
            method: "PUT",
            url: self.aws.presigned(&link)?,
            content_type: new.format.content_type,
            bytes: new.bytes,
            expires_at: Timestamp::now() + UPLOAD_WITHIN,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7c0c2f0a-9a37-4cf1-9c43-5e3c0a5ad0a1";

    #[test]
    fn a_key_is_of_one_note_or_of_none() {
        let id = VoiceNoteId::parse(ID).unwrap();
        assert_eq!(Stored::parse(&format!("uploads/{ID}")), Some(Stored::Recording(id)));
        assert_eq!(Stored::parse(&format!("transcripts/{ID}.json")), Some(Stored::Transcript(id)));
        for forged in [
            ID.to_owned(),
            format!("uploads/{ID}/x"),
            format!("uploads/../transcripts/{ID}.json"),
            format!("uploads/{}", ID.to_uppercase()),
            format!("uploads/{{{ID}}}"),
            format!("transcripts/{ID}"),
            "transcripts/.write_access_check_file.temp".to_owned(),
            "uploads/' or true --".to_owned(),
        ] {
            assert_eq!(Stored::parse(&forged), None, "{forged}");
        }
    }
}
