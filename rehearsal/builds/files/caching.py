"""Restores and saves a build's cache, as its project and its buildspec configure."""

from dataclasses import dataclass, field
from pathlib import Path

from rehearsal.builds.buildspec.model import CacheSpec
from rehearsal.builds.files.cache import ProjectCache
from rehearsal.builds.files.workspace import Workspace
from rehearsal.builds.logs.log import BuildLog
from rehearsal.builds.project import Project
from rehearsal.builds.running.shell import Shell
from rehearsal.home import short_hash


@dataclass(kw_only=True)
class Caching:
    project: Project
    spec: CacheSpec | None
    folder: Path
    """The folder of all projects' caches."""
    workspace: Workspace
    shell: Shell
    log: BuildLog
    _cache: ProjectCache | None = field(default=None, init=False)

    def restore(self) -> None:
        if self.spec is None or not self.spec.paths or not self.project.cache.keeps_paths:
            return
        self._cache = self._expanded(self.spec)
        for problem in self._cache.problems(self.workspace):
            self.log.say(problem)
        if self.spec.action == "save":
            return
        try:
            key = self._cache.restore(self.workspace)
        except OSError as error:
            self.log.say(f"Cache: not wholly restored ({error})")
            return
        words = "no cache was found" if key is None else f"restored cache {key or '(no key)'}"
        self.log.say(f"Cache: {words}")

    def save(self) -> None:
        """Return what `restore` took, even if the buildspec's action is `restore` only."""
        if self._cache is None:
            return
        try:
            count = self._cache.save(self.workspace)
        except OSError as error:  # it makes the next build slower but must not fail this one
            self.log.say(f"Cache: not saved ({error})")
            return
        self.log.say(f"Cache: saved {count} path{'' if count == 1 else 's'}")

    def _expanded(self, spec: CacheSpec) -> ProjectCache:
        count = len(spec.paths)
        key, *rest = self.shell.expand((spec.key, *spec.paths, *spec.fallback_keys))
        cache = self.project.cache
        scope = cache.namespace or self.project.arn
        return ProjectCache(
            folder=self.folder / short_hash(f"{cache.type} {cache.location} {scope}"),
            paths=tuple(rest[:count]),
            key=key,
            fallback_keys=tuple(rest[count:]),
        )
