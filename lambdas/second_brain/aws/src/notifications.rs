//! Messages to people: one SNS topic, whose subscribers deliver them.

use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use second_brain_domain::Failure;
use second_brain_domain::ports::{Notification, Publish};
use second_brain_outbound::encoded;
use second_brain_runtime::MissingSetting;
use second_brain_runtime::settings::required;

use crate::client::{AwsClient, Call, Service};

const SNS: Service = Service { what: "the notification topic", signing_name: "sns", host: "sns", id: "SNS" };

pub struct Notifications {
    aws: Rc<AwsClient>,
    topic: String,
}

impl Notifications {
    pub fn from_environment(aws: Rc<AwsClient>) -> Result<Self, MissingSetting> {
        Ok(Self { aws, topic: required("NOTIFICATION_TOPIC_ARN")? })
    }
}

impl Publish for Notifications {
    async fn publish(&self, notification: &Notification<'_>) -> Result<(), Failure> {
        let message =
            serde_json::to_string(notification).map_err(|error| Failure::unavailable(SNS.what, error))?;
        let body = form(&[
            ("Action", "Publish"),
            ("Version", "2010-03-31"),
            ("TopicArn", &self.topic),
            ("Message", &message),
        ]);
        let call = Call {
            service: SNS,
            path: "/",
            headers: &[("content-type", "application/x-www-form-urlencoded")],
            body: Bytes::from(body),
            within: Duration::from_secs(10),
        };
        self.aws.send(&call).await.map(drop)
    }
}

fn form(fields: &[(&str, &str)]) -> String {
    let pairs = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value)));
    pairs.collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_ends_its_field() {
        assert_eq!(
            form(&[("Message", "a&b=ä +%"), ("Version", "1")]),
            "Message=a%26b%3D%C3%A4%20%2B%25&Version=1"
        );
    }
}
