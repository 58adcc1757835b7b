"""What the operating system says when it refuses a file or a connection, in both languages."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping

from triage.model import Text

__all__ = ["refusal"]

_CHINESE: Mapping[int, str] = {
    errno.EACCES: "没有权限",
    errno.ECONNREFUSED: "对方拒绝连接，那里可能没有服务在运行",
    errno.ECONNRESET: "连接被对方断开",
    errno.EDQUOT: "磁盘配额用完了",
    errno.EEXIST: "已经存在",
    errno.EHOSTUNREACH: "到不了这台主机",
    errno.EINVAL: "名字不能这样写",
    errno.EIO: "磁盘读写出错",
    errno.EISDIR: "是文件夹，不是文件",
    errno.ELOOP: "链接绕成了圈",
    errno.EMFILE: "打开的文件太多",
    errno.ENAMETOOLONG: "名字太长",
    errno.ENETUNREACH: "网络不通",
    errno.ENOENT: "没有这个文件或文件夹",
    errno.ENOSPC: "磁盘满了",
    errno.ENOTDIR: "路径中间有一段不是文件夹",
    errno.EPERM: "不允许这样做",
    errno.EROFS: "磁盘是只读的",
    errno.ETIMEDOUT: "等了太久没有回答",
    errno.ETXTBSY: "文件正在使用",
    socket.EAI_AGAIN: "现在查不了主机名",
    socket.EAI_NONAME: "没有这个主机名",
}
"""By error number; the system itself says it in English."""


def refusal(error: OSError) -> Text:
    """Why something could not be read, written or reached; in the words the error came with where it is something rare."""
    number = error.errno or (errno.ETIMEDOUT if isinstance(error, TimeoutError) else 0)
    system = os.strerror(number) if number in errno.errorcode else None  # libraries add the number and the path
    said = system or error.strerror or str(error) or type(error).__name__
    return Text(_CHINESE.get(number, said), said)
