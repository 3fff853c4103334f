"""The triggers of a definition."""

from rehearsal.model.definition import Filter, GitTrigger, PullRequestFilter, PushFilter
from rehearsal.model.fields import Fields


def parse_trigger(fields: Fields) -> GitTrigger:
    fields.choice("providerType", ("CodeStarSourceConnection",))
    git = fields.object("gitConfiguration")
    if git is None:
        raise fields.error("gitConfiguration", "is missing", remedy="name the source action it belongs to")
    trigger = GitTrigger(
        source_action=git.text("sourceActionName"),
        push=tuple(_push(item) for item in git.objects("push")),
        pull_request=tuple(_pull_request(item) for item in git.objects("pullRequest")),
    )
    git.done()
    fields.done()
    return trigger


def _push(fields: Fields) -> PushFilter:
    found = PushFilter(
        branches=_filter(fields.object("branches")),
        tags=_filter(fields.object("tags")),
        file_paths=_filter(fields.object("filePaths")),
    )
    fields.done()
    return found


def _pull_request(fields: Fields) -> PullRequestFilter:
    found = PullRequestFilter(
        branches=_filter(fields.object("branches")),
        file_paths=_filter(fields.object("filePaths")),
        events=fields.texts("events"),
    )
    fields.done()
    return found


def _filter(fields: Fields | None) -> Filter:
    if fields is None:
        return Filter()
    found = Filter(includes=fields.texts("includes"), excludes=fields.texts("excludes"))
    fields.done()
    return found
