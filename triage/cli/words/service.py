"""What the commands around the service say."""

from __future__ import annotations

from triage.model import Text

__all__ = ["WORDS"]

WORDS: dict[str, Text] = {
    "help-serve": Text(
        "启动服务：REST 接口、文档页 /docs、通话和判断日志。不给 BASE 时载入随软件附带的全部知识库。",
        "Start the service: REST, documentation at /docs, calls and the decision log. Without BASE all shipped bases are loaded.",
    ),
    "help-serve-more": Text(
        "例：triage serve · triage serve power --port 9000 · "
        "triage serve --host 0.0.0.0 --workers 4 --database postgresql://triage@db/triage",
        "Examples: triage serve · triage serve power --port 9000 · "
        "triage serve --host 0.0.0.0 --workers 4 --database postgresql://triage@db/triage",
    ),
    "help-host": Text(
        "监听的地址。127.0.0.1 只有本机能访问，在创建第一把密钥之前不要求密钥；其他地址一律要求密钥。",
        "The address to listen on. Only this machine reaches 127.0.0.1, where no key is needed until the first one is made; "
        "everywhere else keys are always needed.",
    ),
    "help-port": Text("端口。", "The port."),
    "help-workers": Text("工作进程数。", "Worker processes."),
    "help-data": Text(
        "存放内嵌数据库和待投递日志的文件夹。", "Folder of the embedded database and of decisions on their way to the log."
    ),
    "help-database": Text(
        "PostgreSQL 的地址；不给则用内嵌的 SQLite。也可用环境变量 TRIAGE_DATABASE。",
        "URL of a PostgreSQL; the embedded SQLite otherwise. Also by the environment variable TRIAGE_DATABASE.",
    ),
    "help-require-keys": Text("本机也要求密钥。", "Ask for keys on this machine too."),
    "help-rate": Text(
        "每把密钥每秒最多的请求数（按工作进程计），0 为不限。", "Requests a key may make in a second, per worker; 0 for any."
    ),
    "help-no-log": Text("不记录判断。", "Do not record decisions."),
    "help-migrate": Text("启动前把 PostgreSQL 升级到本版本。", "Bring a PostgreSQL to this version before starting."),
    "help-log-level": Text("日志的级别：debug、info、warning、error。", "How much to log: debug, info, warning, error."),
    "serve-starting": Text(
        "服务地址 {url} ，文档 {url}/docs ，按 Ctrl-C 结束。", "Serving at {url}, documentation at {url}/docs; Ctrl-C ends it."
    ),
    "serve-open": Text(
        "注意：没有任何 API 密钥，本机上的任何人都可以调用。", "Note: there is no API key, so anybody on this machine may call. "
    ),
    "serve-no-key": Text(
        "注意：还没有 API 密钥，所有请求都会被拒绝。", "Note: there is no API key yet, so every request will be refused. "
    ),
    "serve-make-key": Text(
        "创建一把：triage keys create --name 名字 {where}", "Make one: triage keys create --name NAME {where}"
    ),
    "help-serve-bases": Text(
        "知识库：文件夹，或附带知识库的名字；可以给几个。不给则载入随软件附带的全部知识库。",
        "Knowledge bases: folders, or names of shipped bases. Without any, all shipped bases are loaded.",
    ),
    "serve-gone": Text(
        "注意：数据库现在连不上{why}。/v1/triage 照常回答，通话接口在数据库恢复之前返回 503。",
        "Note: the database cannot be reached now{why}. /v1/triage answers all the same; calls get 503 until it is back.",
    ),
    "serve-port-taken": Text(
        "{host}:{port} 已被占用或不能监听；换一个 --port。",
        "{host}:{port} is taken or cannot be listened on; choose another --port.",
    ),
    "database-behind": Text(
        "数据库的版本是 {found}，本软件需要 {needed}。请先运行：triage db upgrade（或 triage serve --migrate）",
        "The database is at version {found}, this software needs {needed}. Run first: triage db upgrade (or triage serve "
        "--migrate)",
    ),
    "database-none": Text("空", "none"),
    "database-gone": Text("数据库连不上：{url}{why}", "The database cannot be reached: {url}{why}"),
    "database-url": Text(
        "数据库地址 `{url}` 用不了；例如 postgresql://用户:密码@主机/库名",
        "The database URL `{url}` cannot be used; expected something like postgresql://user:password@host/name",
    ),
    "database-not-made": Text(
        "打不开也建不了数据库文件 `{url}`：{why}；请用 --data 或 --database 另选位置",
        "The database file `{url}` can be neither opened nor made: {why}; choose another place with --data or --database",
    ),
    "folder-in-the-way": Text(
        "`{path}` 不是文件夹，占住了位置；请用 {option} 另选文件夹，或移走它",
        "`{path}` is in the way: it is no folder; choose another one with {option}, or move it away",
    ),
    "folder-not-usable": Text(
        "用不了文件夹 `{path}`：{why}；请用 {option} 另选文件夹，或授予读写权限",
        "The folder `{path}` cannot be used: {why}; choose another one with {option}, or allow reading and writing there",
    ),
    "help-db": Text(
        "查看或改变数据库的版本。内嵌的 SQLite 由 triage serve 自动升级；PostgreSQL 由您决定何时升级。",
        "Show or change the version of the database. triage serve upgrades the embedded SQLite by itself; when a PostgreSQL is "
        "upgraded is yours to say.",
    ),
    "help-db-more": Text(
        "例：triage db status · triage db upgrade --database postgresql://… · triage db downgrade --to base",
        "Examples: triage db status · triage db upgrade --database postgresql://… · triage db downgrade --to base",
    ),
    "help-db-action": Text("status 查看 · upgrade 升级 · downgrade 退回。", "status, upgrade or downgrade."),
    "help-db-to": Text(
        "退回到哪个版本；-1 是上一个，base 是清空（会删除全部数据）。",
        "The version to go back to: -1 for the one before, base for nothing at all (deletes everything).",
    ),
    "db-status": Text("{url}：版本 {found}，本软件需要 {needed}。", "{url}: version {found}, this software needs {needed}."),
    "db-to": Text("downgrade 需要 --to。", "downgrade needs --to."),
    "db-no-such": Text("没有版本 `{to}`。", "There is no version `{to}`."),
    "help-keys": Text(
        "创建、列出和作废 API 密钥。密钥只显示一次，数据库里只存它的散列值。",
        "Make, list and revoke API keys. A key is shown once; the database holds only its hash.",
    ),
    "help-keys-more": Text(
        "例：triage keys create --name 坐席桌面 --scope triage --scope calls · triage keys revoke 3f9a0c12d4e5",
        "Examples: triage keys create --name desktop --scope triage --scope calls · triage keys revoke 3f9a0c12d4e5",
    ),
    "help-keys-action": Text("create 创建 · list 列出 · revoke 作废。", "create, list or revoke."),
    "help-keys-id": Text("要作废的密钥的编号。", "The id of the key to revoke."),
    "help-keys-name": Text("给谁用的。", "Who it is for."),
    "help-keys-scope": Text(
        "权限，可重复：triage 判断 · calls 通话 · knowledge 更换知识库 · log 读取日志。默认 triage 和 calls。",
        "What it is good for; may be repeated: triage, calls, knowledge (changing bases), log (reading the log). Default: triage "
        "and calls.",
    ),
    "keys-made": Text(
        "{secret}\n这把密钥只显示这一次，请立即保存。编号 {id}，权限 {scopes}，存入 {url}，只对使用这个数据库的服务有效。",
        "{secret}\nThis key is shown only now; keep it. Id {id}, scopes {scopes}; kept in {url}, good for services on this "
        "database.",
    ),
    "keys-needed-now": Text(
        "这是其中第一把：使用这个数据库的服务从现在起对本机的请求也要求密钥。",
        "It is the first one there: from now on services on this database ask for keys from this machine, too.",
    ),
    "keys-nameless": Text(
        "注意：这把密钥没有名称；下次加上 --name 名字，列出时才分得清。",
        "Note: this key has no name; with --name NAME it can be told apart in the list.",
    ),
    "keys-namesake": Text(
        "注意：已有同名的有效密钥：{ids}。若由这把代替，请作废旧的：triage keys revoke 编号",
        "Note: there are valid keys of this name already: {ids}. If this one replaces them, revoke them: triage keys revoke ID",
    ),
    "help-keys-json": Text("以 JSON 列出（用于 list）。", "Print the list as JSON (for list)."),
    "keys-json": Text("--json 只用于 triage keys list。", "--json is for triage keys list only."),
    "keys-none": Text("还没有密钥。", "There are no keys."),
    "keys-revoked": Text("已作废 {id}，几秒内生效。", "Revoked {id}; in force within seconds."),
    "keys-no-such": Text(
        "没有有效的密钥 `{id}`；用 triage keys list 查看。", "There is no valid key `{id}`; see triage keys list."
    ),
    "keys-needs-id": Text("revoke 需要密钥的编号。", "revoke needs the id of a key."),
    "keys-id": Text("编号", "id"),
    "keys-name": Text("名称", "name"),
    "keys-scopes": Text("权限", "scopes"),
    "keys-created": Text("创建于", "made"),
    "keys-state": Text("状态", "state"),
    "keys-valid": Text("有效", "valid"),
    "keys-gone": Text("{at} 作废", "revoked {at}"),
    "help-purge": Text(
        "删除早于给定天数的通话、判断和结果。删除后不能恢复。",
        "Delete calls, decisions and outcomes older than some days. They cannot be brought back.",
    ),
    "help-purge-more": Text("例：triage purge --older-than 365", "Example: triage purge --older-than 365"),
    "help-older-than": Text("天数。", "Days."),
    "purge-done": Text(
        "早于 {before} 的已删除：通话 {calls}，判断 {decisions}，结果 {outcomes}，重试用的回答 {repeats}。",
        "Deleted what is older than {before}: calls {calls}, decisions {decisions}, outcomes {outcomes}, answers to retries "
        "{repeats}.",
    ),
}
