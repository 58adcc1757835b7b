"""What the operating system says when it refuses a file, in both languages."""

from __future__ import annotations

import errno
from collections.abc import Mapping

from triage.model import Text

__all__ = ["refusal"]

_CHINESE: Mapping[int, str] = {
    errno.EACCES: "没有权限",
    errno.EEXIST: "已经存在",
    errno.EINVAL: "名字不能这样写",
    errno.EIO: "磁盘读写出错",
    errno.EISDIR: "是文件夹，不是文件",
    errno.ELOOP: "链接绕成了圈",
    errno.EMFILE: "打开的文件太多",
    errno.ENAMETOOLONG: "名字太长",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOSPC: "磁盘满了",
    errno.ENOTDIR: "路径中间有一段不是文件夹",
    errno.EPERM: "不允许这样做",
    errno.EROFS: "磁盘是只读的",
    errno.ETXTBSY: "文件正在使用",
}
"""By error number; the system itself says it in English."""


def refusal(error: OSError) -> Text:
    """Why a file or folder could not be read or written; in the system's own words where it is something rare."""
    said = error.strerror or type(error).__name__
    return Text(_CHINESE.get(error.errno or 0, said), said)
