with by_meaning as materialized (
    select id, embedding <=> $2::text::vector as distance
    from entities
    where family_id = $1
    order by embedding <=> $2::text::vector
    limit 40
-- Read as far as the limits below go, but planned as if read to the end: told of a limit, the planner
-- hopes to come across enough rows by scanning the table.
), first_word as materialized (
    select id from entities where family_id = $1 and (body ilike '%' || $3 || '%' or $3 <% title)
), second_word as materialized (
    select id from entities where family_id = $1 and (body ilike '%' || $4 || '%' or $4 <% title)
), third_word as materialized (
    select id from entities where family_id = $1 and (body ilike '%' || $5 || '%' or $5 <% title)
), spelt as (
    (select id from first_word limit 40)
    union (select id from second_word limit 40)
    union (select id from third_word limit 40)
), by_spelling as materialized (
    select e.id,
        coalesce(greatest(word_similarity($3, title), (body ilike '%' || $3 || '%')::int * 0.8), 0)
        + coalesce(greatest(word_similarity($4, title), (body ilike '%' || $4 || '%')::int * 0.8), 0)
        + coalesce(greatest(word_similarity($5, title), (body ilike '%' || $5 || '%')::int * 0.8), 0) as closeness
    from spelt join entities e on e.id = spelt.id
    order by closeness desc, e.id
    limit 40
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
limit $6
