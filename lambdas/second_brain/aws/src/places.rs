//! Where places are: an Amazon Location place index. `geo-places` would replace this file alone.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use second_brain_domain::entity::Point;
use second_brain_domain::ports::FindPlace;
use second_brain_outbound::encoded;
use second_brain_runtime::settings::optional;
use serde::Deserialize;
use serde_json::json;

use crate::client::{AwsClient, Call, Service};

const LOCATION: Service =
    Service { what: "the place index", signing_name: "geo", host: "places.geo", id: "LOCATION" };

/// The index named in `PLACE_INDEX`; without one no place is found.
pub struct Places {
    aws: Rc<AwsClient>,
    path: Option<String>,
}

#[derive(Deserialize)]
struct Reply {
    #[serde(rename = "Results", default)]
    results: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Place")]
    place: Place,
}

#[derive(Deserialize)]
struct Place {
    #[serde(rename = "Geometry")]
    geometry: Geometry,
}

#[derive(Deserialize)]
struct Geometry {
    #[serde(rename = "Point")]
    point: [f64; 2],
}

impl Places {
    pub fn from_environment(aws: Rc<AwsClient>) -> Self {
        let path = optional("PLACE_INDEX").map(|index| {
            let index = encoded(&index);
            format!("/places/v0/indexes/{index}/search/text")
        });
        Self { aws, path }
    }
}

impl FindPlace for Places {
    async fn find_place(&self, name: &str) -> Result<Option<Point>, Failure> {
        let Some(path) = &self.path else { return Ok(None) };
        let call = Call {
            service: LOCATION,
            path,
            headers: &[("content-type", "application/json")],
            body: Bytes::from(json!({"Text": name, "MaxResults": 1}).to_string()),
            within: Duration::from_secs(4),
        };
        let reply = self.aws.send_until_it_works(&call).await?;
        let reply: Reply =
            serde_json::from_slice(&reply).map_err(|error| Failure::unavailable(LOCATION.what, error))?;
        let point = reply.results.first().map(|found| found.place.geometry.point);
        Ok(point.map(|[longitude, latitude]| Point { longitude, latitude }).filter(on_earth))
    }
}

fn on_earth(point: &Point) -> bool {
    point.longitude.abs() <= 180.0 && point.latitude.abs() <= 90.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_off_the_earth_is_none() {
        assert!(on_earth(&Point { longitude: 180.0, latitude: -90.0 }));
        assert!(!on_earth(&Point { longitude: 180.1, latitude: 0.0 }));
        assert!(!on_earth(&Point { longitude: f64::NAN, latitude: 0.0 }));
    }
}
