"""Branches: their heads, and the repository's default branch."""

from rehearsal.cloud.codecommit.call import NO_COMMIT, Answer, Call, default_branch, head_of
from rehearsal.emulator.extension import ServiceError
from rehearsal.sources.git import GitError, git


def list_branches(call: Call) -> Answer:
    listed = git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads", folder=call.repository().path)
    chosen, more = call.page(listed.splitlines())
    return {"branches": chosen, **more}


def get_branch(call: Call) -> Answer:
    branch = call.branch()
    if not (head := head_of(call.repository(), branch)):
        raise _unknown(branch)
    return {"branch": {"branchName": branch, "commitId": head}}


def create_branch(call: Call) -> Answer:
    repository, branch, commit = call.repository(), call.branch(), call.payload["commitId"]
    if head_of(repository, branch):
        raise ServiceError("BranchNameExistsException", f"there is a branch {branch} already")
    if not repository.has_commit(commit):
        raise ServiceError("CommitDoesNotExistException", f"there is no commit {commit}")
    try:
        git("update-ref", f"refs/heads/{branch}", commit, NO_COMMIT, folder=repository.path)
    except GitError as error:
        raise ServiceError("InvalidBranchNameException", f"git cannot create {branch!r}: {error}") from error
    call.pushed(repository, branch, NO_COMMIT, commit)
    return {}


def delete_branch(call: Call) -> Answer:
    """Deleting a missing branch is no error; the response then names none."""
    repository, branch = call.repository(), call.branch()
    if branch == default_branch(repository):
        raise ServiceError("DefaultBranchCannotBeDeletedException", f"{branch} is the default branch")
    head = head_of(repository, branch)
    if not head:
        return {}
    git("update-ref", "-d", f"refs/heads/{branch}", head, folder=repository.path)
    return {"deletedBranch": {"branchName": branch, "commitId": head}}


def update_default_branch(call: Call) -> Answer:
    repository, branch = call.repository(), call.branch("defaultBranchName")
    if not head_of(repository, branch):
        raise _unknown(branch)
    git("symbolic-ref", "HEAD", f"refs/heads/{branch}", folder=repository.path)
    return {}


def _unknown(branch: str) -> ServiceError:
    return ServiceError("BranchDoesNotExistException", f"there is no branch {branch}")
