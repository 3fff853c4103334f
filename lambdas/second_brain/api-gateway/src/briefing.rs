//! The caller's day in a few sentences, to read or, for who accepts `audio/mpeg` first, to listen to.

use std::time::Duration;

use second_brain_domain::Failure;
use second_brain_domain::briefing::{Briefing, BriefingDesk};
use second_brain_domain::ports::{AskAgent, KeepBriefing, LastBriefing, ReadDay, ResolveCaller, Speak};
use second_brain_domain::speech::{Script, Voice, joined, script};
use second_brain_http::{Answer, ApiRequest, ApiResponse, Arrival, Audience, Handle, MP3, Route};

use crate::{agent_bound, time_left};

/// What the agent gets when its words are spoken afterwards.
const AGENT_BEFORE_SPEECH: Duration = Duration::from_secs(12);

pub struct Briefings<S, A, V> {
    pub audience: Audience,
    pub store: S,
    pub agent: A,
    pub voice: V,
}

impl<S, A, V> Handle for Briefings<S, A, V>
where
    S: ResolveCaller + ReadDay + KeepBriefing + LastBriefing,
    A: AskAgent,
    V: Speak,
{
    const ROUTES: &'static [Route] = &[Route { method: "GET", resource: "/briefing" }];

    async fn handle(&self, _: Route, request: &ApiRequest, arrival: Arrival) -> Answer {
        let is_spoken = request.prefers(MP3);
        let claims = self.audience.admit(request, arrival.at)?;
        let caller = self.store.resolve(&claims).await?;
        let desk = BriefingDesk { store: &self.store, agent: &self.agent };
        let within = if is_spoken { AGENT_BEFORE_SPEECH } else { Duration::MAX };
        let briefing = desk.brief(&caller, arrival.at, agent_bound(arrival).min(within)).await?;
        if is_spoken {
            let voice = Voice::accepted(request.header("accept-language"));
            return self.speak(&briefing, voice, arrival).await;
        }
        Ok(ApiResponse::json(200, &briefing))
    }
}

impl<S, A, V: Speak> Briefings<S, A, V> {
    async fn speak(&self, briefing: &Briefing, voice: Voice, arrival: Arrival) -> Answer {
        let Script { pieces, is_cut } = script(&briefing.text);
        if pieces.is_empty() {
            return Err(Failure::unavailable("the briefing", "the text has no words"));
        }
        let mut recordings = Vec::with_capacity(pieces.len());
        for piece in &pieces {
            recordings.push(self.voice.speak(piece, voice, time_left(arrival)).await?);
        }
        let mut response = ApiResponse::audio(&joined(&recordings));
        response.headers.extend([
            ("content-language", voice.language.to_owned()),
            ("x-briefing-date", briefing.date.to_string()),
            ("x-briefing-stale", briefing.stale.to_string()),
            ("x-briefing-cut", is_cut.to_string()),
            ("access-control-expose-headers", "x-briefing-date, x-briefing-stale, x-briefing-cut".to_owned()),
        ]);
        Ok(response)
    }
}
