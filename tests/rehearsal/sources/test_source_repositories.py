"""Pushing, publishing and checking out, with real git."""

import os
import shutil
import stat
import subprocess
import threading
import zipfile
from pathlib import Path

import pytest

from rehearsal.home import Home
from rehearsal.sources.checkout import clone, clone_reference, gaps_of, write_clone_reference, write_zip
from rehearsal.sources.git import GitError
from rehearsal.sources.publish import publish, uncommitted
from rehearsal.sources.remote import connect, serve
from rehearsal.sources.repository import Repository, SourceError


def run(*command: str, cwd: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    identity = {
        "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com",
    }  # fmt: skip
    done = subprocess.run(
        command, cwd=cwd, env=environment | identity, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() + done.stderr.strip()


def commit_all(project: Path, message: str) -> str:
    run("git", "add", "-A", cwd=project)
    run("git", "commit", "-q", "-m", message, cwd=project)
    return run("git", "rev-parse", "HEAD", cwd=project)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "my project"
    folder.mkdir()
    run("git", "init", "-q", "-b", "main", cwd=folder)
    (folder / ".gitignore").write_text("ignored\n")
    (folder / "app.py").write_text("print('hello')\n")
    (folder / "run.sh").write_text("#!/bin/sh\n")
    (folder / "run.sh").chmod(0o755)
    (folder / "link").symlink_to("app.py")
    commit_all(folder, "First\n\nwith a body")
    return folder


@pytest.fixture
def home(project: Path) -> Home:
    return Home.of(project)


def test_publish_makes_the_branch_what_head_is(project: Path, home: Home) -> None:
    revision = publish(project, home, "acme/demo", "main", dirty=False)
    head = Repository.of(home, "acme/demo").branch_head("main")
    assert revision.revision_id == head.id == run("git", "rev-parse", "HEAD", cwd=project)
    assert revision.summary == head.summary == "First"
    assert head.message == "First\n\nwith a body"


def test_publish_goes_back_to_an_older_commit_as_well(project: Path, home: Home) -> None:
    first = publish(project, home, "acme/demo", "main", dirty=False)
    (project / "app.py").write_text("2\n")
    commit_all(project, "Second")
    publish(project, home, "acme/demo", "main", dirty=False)
    run("git", "reset", "-q", "--hard", first.revision_id, cwd=project)
    assert publish(project, home, "acme/demo", "main", dirty=False) == first


def test_what_is_there_already_is_not_pushed_again(
    project: Path, home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of such a push, git with push options dies of a broken pipe now and then."""
    first = publish(project, home, "acme/demo", "main", dirty=False)
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "git").write_text(
        f'#!/bin/sh\ncase " $* " in *" push "*) kill -PIPE $$;; esac\nexec {shutil.which("git")} "$@"\n'
    )
    (programs / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    assert publish(project, home, "acme/demo", "main", dirty=False) == first
    (project / "app.py").write_text("2\n")
    commit_all(project, "Second")
    with pytest.raises(GitError, match=r"git push failed in .*: it was ended by SIGPIPE"):
        publish(project, home, "acme/demo", "main", dirty=False)


def test_dirty_takes_changed_and_new_files_and_disturbs_nothing(project: Path, home: Home) -> None:
    (project / "app.py").write_text("changed\n")
    (project / "new.py").write_text("new\n")
    (project / "ignored").write_text("secret\n")
    (project / "staged.py").write_text("staged\n")
    run("git", "add", "staged.py", cwd=project)
    (project / "run.sh").unlink()
    (home.root / "state").mkdir(parents=True)
    (home.root / "state" / "object").write_text("ours\n")
    serve(home, "acme/demo", branch="main")
    before = run("git", "status", "--porcelain", cwd=project), run("git", "for-each-ref", cwd=project)

    revision = publish(project, home, "acme/demo", "main", dirty=True)

    assert (
        run("git", "status", "--porcelain", cwd=project),
        run("git", "for-each-ref", cwd=project),
    ) == before
    listed = run("git", "ls-tree", "-r", "--name-only", "main", cwd=home.git / "acme/demo.git").split()
    assert listed == [".gitignore", "app.py", "link", "new.py", "staged.py"]
    assert revision.summary == "working tree with 4 uncommitted changes"
    assert uncommitted(project) == 4


def test_the_same_working_tree_is_the_same_commit(project: Path, home: Home) -> None:
    (project / "app.py").write_text("changed\n")
    first = publish(project, home, "acme/demo", "main", dirty=True)
    assert publish(project, home, "acme/demo", "main", dirty=True) == first
    run("git", "checkout", "-q", "app.py", cwd=project)
    head = run("git", "rev-parse", "HEAD", cwd=project)
    assert publish(project, home, "acme/demo", "main", dirty=True).revision_id == head


def test_dirty_works_before_the_first_commit_and_in_a_worktree(tmp_path: Path, project: Path) -> None:
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    run("git", "init", "-q", cwd=fresh)
    (fresh / "a").write_text("a")
    with pytest.raises(SourceError, match="no commit yet: commit something, or rehearse it with --dirty"):
        publish(fresh, Home.of(fresh), "acme/demo", "main", dirty=False)
    publish(fresh, Home.of(fresh), "acme/demo", "main", dirty=True)

    second = tmp_path / "second"
    run("git", "worktree", "add", "-q", str(second), cwd=project)
    (second / "new.py").write_text("new\n")
    publish(second, Home.of(second), "acme/demo", "main", dirty=True)
    listed = run("git", "ls-tree", "--name-only", "main", cwd=Home.of(second).git / "acme/demo.git")
    assert "new.py" in listed.split()


def test_a_folder_that_is_no_repository_becomes_a_snapshot(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "file").write_text("1")
    (folder / ".gitignore").write_text("node_modules/\n")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "big").write_text("x")
    home = Home.of(folder)

    first = publish(folder, home, "acme/demo", "main", dirty=False)

    assert first.summary == "snapshot of the folder plain, which is no git repository"
    bare = home.git / "acme/demo.git"
    assert run("git", "ls-tree", "-r", "--name-only", "main", cwd=bare).split() == [".gitignore", "sub/file"]
    assert publish(folder, home, "acme/demo", "main", dirty=True) == first
    (folder / "sub" / "file").write_text("2")
    second = publish(folder, home, "acme/demo", "main", dirty=False)
    assert run("git", "rev-parse", "main^", cwd=bare) == first.revision_id != second.revision_id
    assert not (folder / ".git").exists()


def test_a_folder_that_an_outer_repository_does_not_keep_is_a_snapshot_too(project: Path) -> None:
    inner = project / "ignored"
    inner.mkdir()
    (inner / "only").write_text("1")
    home = Home.of(inner)
    publish(inner, home, "acme/inner", "main", dirty=False)
    assert run("git", "ls-tree", "-r", "--name-only", "main", cwd=home.git / "acme/inner.git") == "only"


def test_a_shallow_clone_can_be_published(tmp_path: Path, project: Path) -> None:
    (project / "app.py").write_text("2\n")
    commit_all(project, "Second")
    shallow = tmp_path / "shallow"
    run("git", "clone", "-q", "--depth=1", project.as_uri(), str(shallow), cwd=tmp_path)
    revision = publish(shallow, Home.of(shallow), "acme/demo", "main", dirty=False)
    assert revision.summary == "Second"


def test_the_remote_is_added_mended_and_never_taken_from_somebody(project: Path, home: Home) -> None:
    run("git", "remote", "add", "origin", "https://example.com/acme/demo.git", cwd=project)
    repository = serve(home, "acme/demo", branch="main")
    assert connect(project, repository)
    assert connect(project, repository)
    assert run("git", "remote", "get-url", "slipway", cwd=project) == str(repository.path)

    run("git", "remote", "set-url", "slipway", "/moved/.slipway/git/acme/demo.git", cwd=project)
    connect(project, repository)
    assert run("git", "remote", "get-url", "slipway", cwd=project) == str(repository.path)
    assert run("git", "remote", "get-url", "origin", cwd=project) == "https://example.com/acme/demo.git"

    run("git", "remote", "set-url", "slipway", "https://example.com/slipway.git", cwd=project)
    with pytest.raises(SourceError, match="git remote rename slipway other"):
        connect(project, repository)


def test_no_remote_where_there_is_no_repository(tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    assert connect(folder, serve(Home.of(folder), "acme/demo", branch="main")) is False


def test_a_push_with_the_engine_stopped_is_kept_and_says_so(project: Path, home: Home) -> None:
    connect(project, serve(home, "acme/demo", branch="main"))
    said = run("git", "push", "slipway", "main", cwd=project)
    assert "main is stored, but nothing was started: the embedded AWS is not running" in said
    assert "slipway up" in said
    assert Repository.of(home, "acme/demo").branch_head("main").summary == "First"


def test_concurrent_pushes_all_arrive(project: Path, home: Home) -> None:
    connect(project, serve(home, "acme/demo", branch="main"))
    branches = [f"topic-{number}" for number in range(6)]
    said: dict[str, str] = {}

    def push(branch: str) -> None:
        said[branch] = run("git", "push", "slipway", f"main:refs/heads/{branch}", cwd=project)

    threads = [threading.Thread(target=push, args=(branch,)) for branch in branches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == branches
    assert all(f"{branch} is stored" in said[branch] for branch in branches)


def test_the_hook_runs_whatever_the_persons_environment_is(
    project: Path, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "hooks"
    elsewhere.mkdir()
    settings = tmp_path / "gitconfig"
    settings.write_text(f"[core]\n\thooksPath = {elsewhere}\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    settings.rename(tmp_path / ".gitconfig")
    monkeypatch.setenv("AWS_PROFILE", "does-not-exist")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "nowhere"))
    connect(project, serve(home, "acme/demo", branch="main"))
    assert "nothing was started" in run("git", "push", "slipway", "main", cwd=project)


def test_a_persons_git_settings_do_not_change_what_is_published(
    project: Path, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / ".gitconfig").write_text(
        "[push]\n\tgpgSign = true\n\trecurseSubmodules = on-demand\n\tdefault = nothing\n"
        "[safe]\n\tbareRepository = explicit\n[commit]\n\tgpgSign = true\n[core]\n\tquotePath = true\n"
    )
    monkeypatch.setenv("HOME", str(tmp_path))
    (project / "new").write_text("x")
    revision = publish(project, home, "acme/demo", "main", dirty=True)
    assert Repository.of(home, "acme/demo").branch_head("main").id == revision.revision_id


def test_reading_a_branch_that_nobody_pushed_says_how_to(home: Home, project: Path) -> None:
    with pytest.raises(SourceError, match="git push slipway main"):
        Repository.of(home, "acme/demo").branch_head("main")
    publish(project, home, "acme/demo", "main", dirty=False)
    with pytest.raises(SourceError, match="git push slipway HEAD:release"):
        Repository.of(home, "acme/demo").branch_head("release")


@pytest.mark.parametrize("name", ["../x", "acme/../../x", "", "/x", "acme//x", "acme/demo;rm", "."])
def test_names_that_leave_the_folder_are_refused(home: Home, name: str) -> None:
    with pytest.raises(SourceError, match="owner/name"):
        Repository.of(home, name)


def test_the_zip_keeps_modes_and_links_and_is_the_same_twice(
    project: Path, home: Home, tmp_path: Path
) -> None:
    revision = publish(project, home, "acme/demo", "main", dirty=False)
    repository = Repository.of(home, "acme/demo")
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    write_zip(repository, revision.revision_id, first)
    write_zip(repository, revision.revision_id, second)
    assert first.read_bytes() == second.read_bytes()
    with zipfile.ZipFile(first) as archive:
        modes = {entry.filename: entry.external_attr >> 16 for entry in archive.infolist()}
        assert archive.read("link") == b"app.py"
    assert sorted(modes) == [".gitignore", "app.py", "link", "run.sh"]
    assert stat.S_ISLNK(modes["link"])
    assert modes["run.sh"] & 0o111
    assert not modes["app.py"] & 0o111


def test_a_clone_reference_gives_the_whole_history(project: Path, home: Home, tmp_path: Path) -> None:
    first = publish(project, home, "acme/demo", "main", dirty=False)
    (project / "app.py").write_text("2\n")
    commit_all(project, "Second")
    publish(project, home, "acme/demo", "main", dirty=False)
    artifact = tmp_path / "artifact.zip"
    write_clone_reference(Repository.of(home, "acme/demo"), first.revision_id, artifact)

    reference = clone_reference(artifact)
    assert reference is not None
    clone(reference, tmp_path / "clone")

    assert run("git", "rev-parse", "HEAD", cwd=tmp_path / "clone") == first.revision_id
    assert run("git", "log", "--format=%s", "origin/main", cwd=tmp_path / "clone").split() == [
        "Second", "First",
    ]  # fmt: skip
    write_zip(Repository.of(home, "acme/demo"), first.revision_id, artifact)
    assert clone_reference(artifact) is None


def test_submodules_and_lfs_are_reported(project: Path, home: Home) -> None:
    head = run("git", "rev-parse", "HEAD", cwd=project)
    run("git", "update-index", "--add", "--cacheinfo", f"160000,{head},vendor/lib", cwd=project)
    (project / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    run("git", "add", ".gitattributes", cwd=project)
    run("git", "commit", "-q", "-m", "More", cwd=project)
    revision = publish(project, home, "acme/demo", "main", dirty=False)
    reasons = [gap.reason for gap in gaps_of(Repository.of(home, "acme/demo"), revision.revision_id)]
    assert reasons == [
        "submodules are empty folders: vendor/lib", "Git LFS files are in the artifact as pointers",
    ]  # fmt: skip


def test_changed_paths_between_commits_and_from_nothing(project: Path, home: Home) -> None:
    first = publish(project, home, "acme/demo", "main", dirty=False).revision_id
    (project / "docs").mkdir()
    (project / "docs" / "näme.md").write_text("x")
    second = commit_all(project, "Second")
    publish(project, home, "acme/demo", "main", dirty=False)
    repository = Repository.of(home, "acme/demo")
    assert repository.changed_paths(first, second) == ("docs/näme.md",)
    assert set(repository.changed_paths("0" * 40, first)) == {".gitignore", "app.py", "link", "run.sh"}


def test_a_repositorys_filters_see_nothing_of_the_persons(
    project: Path, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Settings in `.git/config` come along with a folder from anywhere, and name programs that git runs."""
    seen = tmp_path / "seen"
    for name in ("GITHUB_TOKEN", "SSH_AUTH_SOCK", "AWS_SESSION_TOKEN", "SOMETHING_ELSE"):
        monkeypatch.setenv(name, "persons-secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://person:persons-secret@proxy.example.com")
    run("git", "config", "filter.spy.clean", f"env >> '{seen}'; cat", cwd=project)
    run("git", "config", "core.fsmonitor", f"env >> '{seen}'; true", cwd=project)
    (project / ".gitattributes").write_text("* filter=spy\n")
    (project / "new").write_text("x")
    publish(project, home, "acme/demo", "main", dirty=True)
    uncommitted(project)
    assert "PATH=" in seen.read_text()
    assert "persons-secret" not in seen.read_text()


def test_the_persons_own_settings_of_git_hold(
    project: Path, home: Home, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "gitconfig").write_text(f"[core]\n\texcludesFile = {tmp_path}/ignored\n")
    (tmp_path / "ignored").write_text("*.private\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "gitconfig"))
    (project / "notes.private").write_text("x")
    before = uncommitted(project)
    (project / "notes.public").write_text("x")
    assert (before, uncommitted(project)) == (0, 1)


@pytest.mark.parametrize("seconds", [253402300800, 2**61])
def test_a_commit_from_the_far_future_is_a_commit(project: Path, home: Home, seconds: int) -> None:
    dates = {"GIT_AUTHOR_DATE": f"@{seconds} +0000", "GIT_COMMITTER_DATE": f"@{seconds} +0000"}
    run("env", *(f"{name}={value}" for name, value in dates.items()),
        "git", "commit", "-q", "--allow-empty", "-m", "later", cwd=project)  # fmt: skip
    revision = publish(project, home, "acme/demo", "main", dirty=False)
    commit = Repository.of(home, "acme/demo").commit(revision.revision_id)
    assert (commit.summary, commit.committer_date.year) == ("later", 9999)
    (project / "changed").write_text("x")
    first, second = (publish(project, home, "acme/demo", "main", dirty=True) for _ in range(2))
    assert first == second


def test_what_names_no_commit_or_looks_like_an_option_is_refused(
    project: Path, home: Home, tmp_path: Path
) -> None:
    publish(project, home, "acme/demo", "main", dirty=False)
    repository = Repository.of(home, "acme/demo")
    for reference in (f"--output={tmp_path}/written", "-p", "main:", "no-such"):
        with pytest.raises(GitError):
            repository.commit(reference)
    assert not (tmp_path / "written").exists()
