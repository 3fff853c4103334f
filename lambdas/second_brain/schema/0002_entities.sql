-- What a family knows. Hybrid search ranks by meaning (HNSW, cosine distance) and by spelling
-- (trigrams); both indexes span families, and every query narrows to one.

create table entities (
    id         uuid primary key default gen_random_uuid(),
    family_id  uuid not null references families (id) on delete cascade,
    created_by uuid references users (id) on delete set null,
    kind       text not null check (kind in ('note', 'event', 'question')),
    title      text not null check (char_length(title) between 1 and 200),
    body       text not null default '' check (octet_length(body) <= 262144),
    embedding  vector(1024) not null,
    place_name text check (char_length(place_name) between 1 and 200),
    place      geography(Point, 4326),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    -- A place that could not be geocoded keeps its name; a point without a name means nothing to a reader.
    check (place is null or place_name is not null)
);

comment on table entities is 'A note, an event or a question, with the vector that makes it findable.';
comment on column entities.embedding is 'amazon.titan-embed-text-v2:0 of title and body, 1024 dimensions.';

create index entities_by_family on entities (family_id, created_at desc);
create index entities_by_meaning on entities using hnsw (embedding vector_cosine_ops);
create index entities_by_spelling on entities using gin (title gin_trgm_ops, body gin_trgm_ops);
create index entities_by_place on entities using gist (place) where place is not null;
