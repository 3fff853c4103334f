"""Operations on repositories: create, read, list, describe, tag, delete."""

from typing import Any

from rehearsal.cloud.codecommit.call import Answer, Call, default_branch
from rehearsal.cloud.codecommit.catalogue import Details
from rehearsal.emulator.extension import ServiceError

_TAGS_AT_MOST = 50


def create_repository(call: Call) -> Answer:
    if call.name.endswith(".git"):
        raise ServiceError("InvalidRepositoryNameException", f"{call.name}: a name cannot end in .git")
    tags = _checked(call.payload.get("tags", {}))
    description = call.payload.get("repositoryDescription", "")
    return {
        "repositoryMetadata": _shown(
            call, call.catalogue.create(call.name, description=description, tags=tags)
        )
    }


def get_repository(call: Call) -> Answer:
    return {"repositoryMetadata": _shown(call, call.catalogue.details(call.name))}


def batch_get_repositories(call: Call) -> Answer:
    known = {details.name: details for details in call.catalogue.all()}
    wanted = list(dict.fromkeys(call.payload["repositoryNames"]))
    return {
        "repositories": [_shown(call, known[name]) for name in wanted if name in known],
        "repositoriesNotFound": [name for name in wanted if name not in known],
        "errors": [],
    }


def list_repositories(call: Call) -> Answer:
    found = call.catalogue.all()
    if call.payload.get("sortBy") == "lastModifiedDate":
        found.sort(key=lambda details: _modified(call, details))
    if call.payload.get("order") == "descending":
        found.reverse()
    chosen, more = call.page([{"repositoryName": each.name, "repositoryId": each.id} for each in found])
    return {"repositories": chosen, **more}


def delete_repository(call: Call) -> Answer:
    """Deleting a missing repository is no error; the response then names none."""
    deleted = call.catalogue.delete(call.name)
    return {"repositoryId": deleted} if deleted else {}


def update_repository_description(call: Call) -> Answer:
    details = call.catalogue.details(call.name)
    call.catalogue.change(details, description=call.payload.get("repositoryDescription", ""))
    return {}


def list_tags_for_resource(call: Call) -> Answer:
    return {"tags": dict(call.catalogue.by_arn(call.payload["resourceArn"]).tags)}


def tag_resource(call: Call) -> Answer:
    details = call.catalogue.by_arn(call.payload["resourceArn"])
    call.catalogue.change(details, tags=_checked({**details.tags, **call.payload["tags"]}))
    return {}


def untag_resource(call: Call) -> Answer:
    details = call.catalogue.by_arn(call.payload["resourceArn"])
    gone = set(call.payload["tagKeys"])
    call.catalogue.change(
        details, tags={key: value for key, value in details.tags.items() if key not in gone}
    )
    return {}


def _shown(call: Call, details: Details) -> dict[str, Any]:
    branch = default_branch(call.catalogue.repository(details.name))
    shown = {
        "accountId": details.account,
        "repositoryId": details.id,
        "repositoryName": details.name,
        "creationDate": details.created,
        "lastModifiedDate": _modified(call, details),
        "cloneUrlHttp": details.clone_url("https"),
        "cloneUrlSsh": details.clone_url("ssh"),
        "Arn": details.arn,
    }
    optional = {"repositoryDescription": details.description, "defaultBranch": branch}
    return shown | {name: value for name, value in optional.items() if value}


def _modified(call: Call, details: Details) -> float:
    """The latest change of HEAD, a reference or the settings, one of which git writes at every change."""
    path = call.catalogue.repository(details.name).path
    return max(item.stat().st_mtime for item in (path, path / "refs" / "heads", path / "config"))


def _checked(tags: dict[str, str]) -> dict[str, str]:
    if any(key.lower().startswith("aws:") for key in tags):
        raise ServiceError("InvalidSystemTagUsageException", "tags that begin with aws: are AWS's own")
    if len(tags) > _TAGS_AT_MOST:
        raise ServiceError("TooManyTagsException", f"a repository has at most {_TAGS_AT_MOST} tags")
    return tags
