with by_meaning as materialized (
    select id, embedding <=> $2::text::vector as distance
    from entities
    where family_id = $1
    order by embedding <=> $2::text::vector
    limit 60
), by_spelling as materialized (
    select id, greatest(word_similarity($3, title), word_similarity($3, body)) as closeness
    from entities
    where family_id = $1 and ($3 <% title or $3 <% body)
    order by closeness desc, id
    limit 60
), ranked as (
    select id, row_number() over (order by distance, id) as place from by_meaning
    union all
    select id, row_number() over (order by closeness desc, id) from by_spelling
), merged as (
    select id, sum(61.0 / (60 + place))::float8 / 2 as score from ranked group by id
)
select e.id, e.title, merged.score, left(e.body, 600) as excerpt
from merged join entities e on e.id = merged.id and e.family_id = $1
order by merged.score desc, e.id
limit $4
