"""What sensing does in the worker: follow the lake."""

from chengshu.core.jobs.loops import Loop, loops

from . import follow

loops.add(follow.NAME, Loop(follow.NAME, follow.run))
