//! What a family remembers, and the search that finds it again.

use std::fmt::Write;

use second_brain_domain::answering::telling_words;
use second_brain_domain::entity::{Embedding, Entity, EntityId, Kind, Match, NewEntity, Place, Point};
use second_brain_domain::ports::{InsertEntity, ReadEntity, SearchEntities};
use second_brain_domain::{Caller, Failure, FamilyId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::connection::{Database, Parameters};

/// The ranking is the schema's (`0008_functions_across_families.sql`), for the agent searches with it too.
const SEARCH: &str =
    "select id, title, score, excerpt from search_entities($1::text::vector, $2, $3, $4, $5)";

const READ: &str = "
    select id, kind, title, body, place_name, created_at,
        st_x(place::geometry) as longitude, st_y(place::geometry) as latitude
    from entities where family_id = $1 and id = $2";

const INSERT: &str = "
    insert into entities (id, family_id, created_by, kind, title, body, embedding, place_name, place)
    values ($1, $2, $3, $4, $5, $6, $7::text::vector, $8,
        case when $9::float8 is not null then st_setsrid(st_makepoint($9, $10), 4326)::geography end)
    on conflict (id) do nothing";

impl SearchEntities for Database {
    async fn search(
        &self,
        family: FamilyId,
        text: &str,
        meaning: &Embedding,
        limit: i64,
    ) -> Result<Vec<Match>, Failure> {
        let words = telling_words(text);
        let parameters: &Parameters<'_> = &[
            (&vector(meaning), Type::TEXT),
            (&words.first(), Type::TEXT),
            (&words.get(1), Type::TEXT),
            (&words.get(2), Type::TEXT),
            (&limit, Type::INT8),
        ];
        let rows = self.of(family).read(SEARCH, parameters).await?;
        Ok(rows.iter().map(found).collect())
    }
}

impl ReadEntity for Database {
    async fn read(&self, family: FamilyId, id: EntityId) -> Result<Entity, Failure> {
        let rows = self.of(family).read(READ, &[(&family.0, Type::UUID), (&id.0, Type::UUID)]).await?;
        rows.first().map(entity).ok_or(Failure::NotFound("entity"))
    }
}

impl InsertEntity for Database {
    async fn insert(
        &self,
        id: EntityId,
        caller: &Caller,
        entity: &NewEntity,
        meaning: &Embedding,
        point: Option<Point>,
    ) -> Result<(), Failure> {
        self.of(caller.family)
            .write(
                INSERT,
                &[
                    (&id.0, Type::UUID),
                    (&caller.family.0, Type::UUID),
                    (&caller.user.0, Type::UUID),
                    (&entity.kind.as_str(), Type::TEXT),
                    (&entity.title, Type::TEXT),
                    (&entity.body, Type::TEXT),
                    (&vector(meaning), Type::TEXT),
                    (&entity.place, Type::TEXT),
                    (&point.map(|point| point.longitude), Type::FLOAT8),
                    (&point.map(|point| point.latitude), Type::FLOAT8),
                ],
            )
            .await
            .map(drop)
    }
}

/// pgvector's text form.
fn vector(embedding: &Embedding) -> String {
    let mut text = String::with_capacity(embedding.values().len() * 12);
    text.push('[');
    for (index, value) in embedding.values().iter().enumerate() {
        let separator = if index == 0 { "" } else { "," };
        // Writing to a string cannot fail.
        let _ = write!(text, "{separator}{value}");
    }
    text.push(']');
    text
}

fn found(row: &Row) -> Match {
    Match {
        id: EntityId(row.get("id")),
        title: row.get("title"),
        score: row.get("score"),
        excerpt: row.get("excerpt"),
    }
}

fn entity(row: &Row) -> Entity {
    let coordinates: (Option<f64>, Option<f64>) = (row.get("longitude"), row.get("latitude"));
    let point = match coordinates {
        (Some(longitude), Some(latitude)) => Some(Point { longitude, latitude }),
        _ => None,
    };
    let name: Option<String> = row.get("place_name");
    Entity {
        id: EntityId(row.get("id")),
        kind: kind(row.get("kind")),
        title: row.get("title"),
        body: row.get("body"),
        place: name.map(|name| Place { name, point }),
        created_at: row.get("created_at"),
    }
}

fn kind(stored: &str) -> Kind {
    // The column's check constraint admits no other word.
    Kind::named(stored).unwrap_or(Kind::Note)
}
