"""What is not said is found wherever it stands, what may be said passes, and our own texts hold to our own rules."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from triage.assessment import Assessment
from triage.call import Call, Options
from triage.cli import Exit, main
from triage.errors import InputError
from triage.evaluation import holds
from triage.expert import ExpertSystem
from triage.loading import load_knowledge
from triage.model import LANGUAGES, KnowledgeBase, Language, Text, ToneContext
from triage.phrases import find, listen, read_phrase
from triage.tone import ToneFinding, check_wording, forbids

ROOT = Path(__file__).parent.parent
POWER = ROOT / "knowledge" / "power"
BASES = sorted(folder for folder in (ROOT / "knowledge").iterdir() if (folder / "base.yaml").is_file())
SOUND = Path(__file__).parent / "broken_knowledge" / "_sound"
LAMP = Path(__file__).parent / "lamp_knowledge"


@pytest.fixture(scope="module")
def power() -> KnowledgeBase:
    return load_knowledge(POWER)


def rules_of(findings: tuple[ToneFinding, ...]) -> set[str]:
    return {finding.rule for finding in findings}


# -- our own texts


def own_texts(knowledge: KnowledgeBase) -> Iterator[tuple[str, Text, ToneContext]]:
    for message in knowledge.messages.values():
        by_kind: ToneContext = "work_order" if message.kind == "work_order" else "answer"
        yield message.id, message.say, "apology" if message.moment == "apology" else by_kind
    for question in knowledge.questions.values():
        yield question.id, question.text, "answer"
        if question.how is not None:
            yield question.id, question.how, "answer"
    for field in knowledge.fields.values():
        yield field.id, field.ask, "answer"
    for combination in knowledge.impossible.values():
        yield combination.id, combination.say, "answer"


@pytest.mark.parametrize("folder", BASES, ids=lambda folder: folder.name)
def test_our_own_texts_break_none_of_our_rules(power: KnowledgeBase, folder: Path) -> None:
    knowledge = load_knowledge(folder)
    found = {
        (name, language, finding.phrase)
        for name, text, context in own_texts(knowledge)
        for language in LANGUAGES
        for finding in check_wording(power, text.get(language), language, context)
    }
    assert found == set()


def test_what_to_say_instead_breaks_no_rule_itself(power: KnowledgeBase) -> None:
    found = {
        rule.id: findings
        for rule in power.tone.values()
        if forbids(findings := check_wording(power, rule.instead.get(rule.language), rule.language, rule.context))
    }
    assert found == {}


def test_every_rule_finds_a_bad_sentence(power: KnowledgeBase) -> None:
    found = {rule for text, language, context in BAD for rule in rules_of(check_wording(power, text, language, context))}
    assert power.tone.keys() - found == set()


# -- bad sentences

BAD_ANSWERS = """
您怎么不早说呢
谁叫您不提前买电的
谁让您不看通知
难道您连空气开关都不会合
这么简单的操作您都不会？
我不是已经告诉过您了吗
刚才不是跟您讲过了吗
早就跟您解释过了
您怎么又打来了
跟您说了多少遍了
不就停一会儿电嘛
您急什么
现在知道着急了？
您听明白没有
这种小事也要打电话
您自己没交电费，怪谁
没人让您自己动
您怎么这么晚才报修
为什么不早点打电话
您不会自己看吗
说了您也不懂
您等着吧
这不关我们的事
这个不归我们管
我怎么知道什么时候来电
您去问别人吧
爱找谁找谁
再打也没用
您赶紧把总闸拉了
您必须先交钱
把地址报一下
给我报一下户号
自己想办法
别催了
大 概 四十分钟
大“概”四十分钟
可能是变压器坏了吧
应该快来电了
好像是线路的问题
估计明天能修好
说不准，再等等看
您看情况吧
好的，您说
那您说吧
您接着说
您刚才说什么？
您说的什么？我没听见
大点声说
请您去工商交费
可以到农业的网点买电
您家的漏　保跳了
您家的空开合上没有
您家的台变有问题
你们小区又停电了
嗯……这个我查一下
好的。
您好。
喂，什么事
视情况而定
保证今天修好
我们肯定赔您
真不好意思
可以的啦
""".strip().splitlines()
BAD_APOLOGIES = ["真抱　歉", "很抱歉让您久等"]
BAD_ORDERS = """
望尽快处理
请速去看看
电工看过了
物业电工已经检查
请提前和用户联系
请先与客户电话联系
用户再三要求今天到
客户非常着急
望贵部核实解决
""".strip().splitlines()
BAD_WHILE_LISTENING = ["哦哦，行了行了", "说完了吗？"]
BAD_ENGLISH = """
ＭＡＹＢＥ it is the transformer.
It is probably your switch.
I guess the crew is on its way.
It should be fine soon.
I'm not really sure.
You really should have told us earlier.
You could at least have read the notice.
Why didn’t you call before?
Don't you know how to read a bill?
I already told you that.
I've explained this twice already.
How many times do I have to tell you?
Who told you to touch it?
It is just a power cut.
You must switch it off now.
Hurry up!
Say that again.
That's not our problem.
Check the RCDs please.
We guarantee it today.
Ok.
you ought to have   known
""".strip().splitlines()
BAD: list[tuple[str, Language, ToneContext]] = [
    *((text, "zh", "answer") for text in BAD_ANSWERS),
    *((text, "zh", "apology") for text in BAD_APOLOGIES),
    *((text, "zh", "work_order") for text in BAD_ORDERS),
    *((text, "zh", "listening") for text in BAD_WHILE_LISTENING),
    *((text, "en", "answer") for text in BAD_ENGLISH),
    ("Electrician has already looked.", "en", "work_order"),
]


@pytest.mark.parametrize(("text", "language", "context"), BAD, ids=lambda part: part)
def test_a_bad_sentence_is_found_with_its_place_and_a_better_phrase(
    power: KnowledgeBase, text: str, language: Language, context: ToneContext
) -> None:
    findings = check_wording(power, text, language, context)

    assert findings
    for finding in findings:
        assert text[finding.start : finding.end] == finding.phrase
        assert finding.because.zh
        assert finding.instead.get(language)
        assert finding.source
    assert [(f.start, f.end, f.rule) for f in findings] == sorted((f.start, f.end, f.rule) for f in findings)


def test_most_of_the_bad_sentences_hold_nothing_that_stands_literally_in_the_list(power: KnowledgeBase) -> None:
    written = (POWER / "tone.yaml").read_text(encoding="utf-8").casefold()
    unlisted = [
        text
        for text, language, context in BAD
        if forbids(found := check_wording(power, text, language, context))
        and all(f.phrase.casefold() not in written for f in found)
    ]
    assert len(unlisted) >= 25


@pytest.mark.parametrize(
    "text", ["你难道不知道吗？", "谁让你不知道的", "不就是……", "你说什么", "再说一下", "嗯", "可能吧", "大概是这样", "好", "您说"]
)
def test_what_the_sources_name_themselves_is_forbidden_in_an_answer(power: KnowledgeBase, text: str) -> None:
    assert forbids(check_wording(power, text, "zh"))


@pytest.mark.parametrize("text", ["望查看", "电工已查", "请先联系", "强烈要求"])
def test_the_empty_phrases_the_sources_name_are_forbidden_in_work_orders_only(power: KnowledgeBase, text: str) -> None:
    assert forbids(check_wording(power, text, "zh", "work_order"))
    assert not check_wording(power, text, "zh", "listening")


# -- good sentences

GOOD_ANSWERS = """
您好，请问我能为您做什么？
上午好，很高兴为您服务
对不起，请您再说一遍
请您稍等，我为您查询一下
对不起，让您久等了
对不起，您询问的问题客服中心暂时还没有答案。
对不起，我无法为您提供更具体的解答，请您稍等，我为您转客服值班经理处理，谢谢您！
对不起，您询问的问题不是我们公司的业务，很遗憾，无法为您提供帮助。
我马上上报值班经理，客服中心将在一小时之内给您回电话，您看可以吗？
不客气，这是我们应该做的。
感谢您的理解和支持，我们努力把工作做得更好。
关于这个问题我需要查询一下，请您先挂机，我会尽快给您回复，您看可以吗？
对不起，我没有听清您的讲话，麻烦您再重复一遍好吗？谢谢！
对不起，我没有听明白您的意思，您能再说得详细一点吗？
先生，您是想了解停电的信息对吗？
对不起，我这里听不清您的声音，请大声一点，好吗？
您稍等，我帮您找一个最近的网点
保证您用电是我们的责任，出现故障我们肯定会马上处理，尽快恢复供电
具体是否包括用户所在区域无法立即帮您确定。
您的意思是家里没有电，对吗？
您请讲。
请您到中国农业银行的网点购电
招商银行的银行交易卡也可以购电
在中国工商银行可以代扣电费
农业用电的电价是另外规定的
一般工商业电价已经调整
施工行为由施工单位负责
漏电保护器跳闸以后，先按复位按钮
防止泄漏保护装置失灵
大概念上，产权以电能表为界
我们服务的范围很大，概不收费
我刚才跟您说的时间是四十五分钟
如您说的那样，开关已经跳开
刚才听您说
可能是变压器缺相，抢修人员到场查明
您应该先断开总开关，确认安全
请问您为什么不在线上办理呢？
请问您叫什么名字？
请您先断开家里的电器，再合一次开关
您自己维护的范围从出线开关开始
请您不要着急，抢修人员已经出发
好的，我马上为您登记。
停电的原因是线路故障，不是欠费
我告诉您怎么才能查到余额
房门敞开，空开关位置在左边
请问您说的什么时候停的电？
我们不能承诺赔偿，您的要求我已记录
""".strip().splitlines()
GOOD_WHILE_LISTENING = ["嗯", "嗯，好", "好，对，是", "嗯嗯，您请讲", "是的"]
GOOD_ORDERS = """
电工已查明表后断线，表前无电压
小区有门禁，请先联系客户开门
客户强烈要求今天恢复，家中有病人使用呼吸机
室内开关合着，电表无显示
电工检查后确认室内绝缘正常
""".strip().splitlines()
GOOD_ENGLISH = """
I am sorry, would you say it again, please?
One moment please, I am looking it up.
What kind of meter is it?
It may be that a wire is down.
Please switch the main switch off, if it is safe.
As soon as possible a crew will be there.
The residual-current device has tripped.
You are welcome; it is our duty.
Do you know your customer number?
You can pay at any branch of the Agricultural Bank of China.
Please wait a moment.
I am sorry, what you ask about is not our business; please bear with us.
Is it only your home, or the neighbours as well?
""".strip().splitlines()
GOOD: list[tuple[str, Language, ToneContext]] = [
    *((text, "zh", "answer") for text in GOOD_ANSWERS),
    *((text, "zh", "listening") for text in GOOD_WHILE_LISTENING),
    *((text, "zh", "work_order") for text in GOOD_ORDERS),
    ("对不起，给您带来不便了。", "zh", "apology"),
    *((text, "en", "answer") for text in GOOD_ENGLISH),
]


@pytest.mark.parametrize(("text", "language", "context"), GOOD, ids=lambda part: part)
def test_a_good_sentence_passes(power: KnowledgeBase, text: str, language: Language, context: ToneContext) -> None:
    assert check_wording(power, text, language, context) == ()


@pytest.mark.parametrize(
    "text", ["抱歉，您的诉求不属于我们的业务范畴，请您谅解。", "很抱歉，您的要求已经超出了我们的服务范围，请您谅解。"]
)
def test_the_scripts_of_other_houses_are_only_advised_against(power: KnowledgeBase, text: str) -> None:
    answer, apology = check_wording(power, text, "zh"), check_wording(power, text, "zh", "apology")
    assert [(finding.rule, finding.severity) for finding in answer] == [("regret-in-other-houses", "advice")]
    assert not forbids(answer)
    assert forbids(apology)


# -- how phrases are found


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("大概", "大 概", ["大 概"]),
        ("大概", "“大”概", ["大”概"]),
        ("大概", "大\u200b概", ["大\u200b概"]),
        ("大概", "很大，概不", []),
        ("大概", "很大。概不", []),
        ("谁让你不知道", "谁让你，不知道的", ["谁让你，不知道"]),
        ("谁让你不知道", "谁让你。不知道", []),
        ("谁(让/叫)你~2不", "谁叫你先不看", ["谁叫你先不"]),
        ("谁(让/叫)你~2不", "谁让你不", ["谁让你不"]),
        ("谁(让/叫)你~2不", "谁让你，先不", ["谁让你，先不"]),
        ("谁(让/叫)你~2不", "谁让你三字间不", []),
        ("谁(让/叫)你~2不", "谁让你。先不", []),
        ("再说(一下/)", "再说一下，再说", ["再说一下", "再说"]),
        ("^嗯$", "嗯，嗯嗯，好嗯", ["嗯"]),
        ("^^(好/嗯)$$", "好。", ["好"]),
        ("^^(好/嗯)$$", "好，是", []),
        ("^^(好/嗯)$$", "是，好", []),
        ("（大／约）～２概", "大约概", ["大约概", "约概"]),
        ("maybe", "may be Maybe MAYBE, maybes", ["Maybe", "MAYBE"]),
        ("maybe", "ｍａｙｂｅ", ["ｍａｙｂｅ"]),
        ("you should have known", "You should-have\n known", ["You should-have\n known"]),
        ("didnt you", "Didn't you, didn’t you", ["Didn't you", "didn’t you"]),
        ("why ~2 call", "why did you call", ["why did you call"]),
        ("why ~2 call", "why did you not call", []),
        ("cafe 1.5", "Café 1.5. Café 1. 5", ["Café 1.5"]),
    ],
)
def test_a_phrase_is_found_as_the_format_says(phrase: str, text: str, found: list[str]) -> None:
    spoken = listen(text)
    places = sorted(find(read_phrase(phrase), spoken))
    assert [text[spoken.units[first].start : spoken.units[last - 1].end] for first, last in places] == found


def test_the_longest_of_one_rules_findings_is_told_and_what_makes_it_fine_is_not() -> None:
    knowledge = load_knowledge(SOUND)
    texts = ["大概", "大概念", "可能是灯坏了吧，大概", "嗯"]
    assert [[f.phrase for f in check_wording(knowledge, text, "zh")] for text in texts] == [
        ["大概"],
        [],
        ["可能是灯坏了吧", "大概"],
        ["嗯"],
    ]
    assert check_wording(knowledge, "嗯，大概", "zh", "listening") == ()
    assert [(f.phrase, f.severity) for f in check_wording(knowledge, "We deeply regret.", "en")] == [("deeply regret", "advice")]
    assert check_wording(knowledge, "We deeply regret.", "zh") == ()


@given(st.text(max_size=200))
def test_any_text_is_only_looked_at(text: str) -> None:
    knowledge = _POWER_FOR_ANY_TEXT
    for language in LANGUAGES:
        for finding in check_wording(knowledge, text, language):
            assert text[finding.start : finding.end] == finding.phrase != ""


_POWER_FOR_ANY_TEXT = load_knowledge(POWER)


@pytest.mark.parametrize("text", ["你" * 5_000, "怎么不" * 1_600, "你怎么" * 1_600, "why did you " * 400, "，" * 5_000])
def test_the_worst_text_comes_to_an_end(power: KnowledgeBase, text: str) -> None:
    for language in LANGUAGES:
        assert check_wording(power, text, language) is not None


def test_a_tone_rule_is_read_as_it_was_meant_and_counts_in_the_digest(tmp_path: Path) -> None:
    shutil.copytree(SOUND, tmp_path, dirs_exist_ok=True)
    knowledge = load_knowledge(tmp_path)
    ours, other = knowledge.tone["no-guessing"], knowledge.tone["other-house-regrets"]
    assert (ours.severity, ours.context, ours.house) == ("forbidden", "answer", "ours")
    assert ours.instead == Text("请您稍等，我为您查询一下。", "请您稍等，我为您查询一下。")
    assert (other.severity, other.context, other.house) == ("advice", "any", "other")
    assert other.instead == Text("对不起", "sorry")
    file = tmp_path / "tone.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("大概念", "大概要"), encoding="utf-8")
    assert load_knowledge(tmp_path).digest != knowledge.digest


# -- time of day


@pytest.fixture(scope="module")
def system() -> ExpertSystem:
    return ExpertSystem.open(POWER)


def script(answer: Assessment, moment: str) -> list[str]:
    return [said.id for said in answer.script if said.moment == moment]


@pytest.mark.parametrize(
    ("time_of_day", "greeting", "goodbye"),
    [
        (None, "greeting", "goodbye"),
        ("morning", "greeting-morning", "goodbye"),
        ("noon", "greeting-noon", "goodbye"),
        ("afternoon", "greeting-afternoon", "goodbye"),
        ("evening", "greeting-evening", "goodbye"),
        ("night", "greeting-evening", "goodbye"),
        ("holiday", "greeting-holiday", "goodbye-holiday"),
    ],
)
def test_a_line_bound_to_a_time_of_day_takes_the_place_of_the_plain_one(
    system: ExpertSystem, time_of_day: str | None, greeting: str, goodbye: str
) -> None:
    answer = system.assess_json({"facts": {"wire_down": "seen"}, "options": {"time_of_day": time_of_day, "max_questions": 0}})
    assert answer.status != "needs_input"
    assert script(answer, "greeting") == [greeting]
    assert [line for line in script(answer, "closing") if line.startswith("goodbye")] == [goodbye]
    assert "anything-else" in script(answer, "closing")


@pytest.mark.parametrize(("given", "code"), [("dawn", "unknown-value"), (7, "wrong-type"), (["noon"], "wrong-type")])
def test_a_time_of_day_that_is_none_is_an_input_error(system: ExpertSystem, given: Any, code: str) -> None:
    with pytest.raises(InputError) as caught:
        system.assess_json({"options": {"time_of_day": given}})
    assert (caught.value.code, caught.value.path) == (code, "/options/time_of_day")


# -- script lines while asking


def with_lines(*lines: str) -> KnowledgeBase:
    """The lamp base with further script lines."""
    knowledge = load_knowledge(LAMP)
    sorry = knowledge.messages["sorry"]
    switch_open = next(rule.when for rule in knowledge.rules.values() if rule.id == "danger-first")
    made = {
        line: replace(sorry, id=line, moment=line.partition("-")[0], when=switch_open if line.endswith("danger") else sorry.when)
        for line in lines
    }
    return replace(knowledge, messages={**knowledge.messages, **made})


def test_while_asking_only_greeting_ask_and_wait_lines_that_are_entailed_are_said(system: ExpertSystem) -> None:
    first = system.assess(Call(), Options(look_ahead=0))
    assert first.status == "needs_input"
    assert script(first, "greeting") == ["greeting"]
    assert "please-wait" in script(first, "wait")
    assert {said.moment for said in first.script} <= {"greeting", "ask", "wait"}
    assert "please-go-on" not in script(first, "ask")  # its situation is not settled yet


def test_a_line_that_only_holds_if_the_call_ended_now_is_not_said_while_asking() -> None:
    lamp = ExpertSystem(with_lines("ask-send", "wait-danger", "confirm-send"))
    asking = lamp.assess(Call.of({"smoke": "not_seen"}))
    assert asking.status == "needs_input"
    assert asking.script == ()
    assert asking.provisional["action"].value == "send"
    ended = lamp.assess(Call.of({"smoke": "not_seen"}), Options(max_questions=0))
    assert [said.id for said in ended.script] == ["ask-send", "confirm-send", "sorry"]


def test_a_line_is_said_while_asking_as_soon_as_what_is_known_entails_it(system: ExpertSystem) -> None:
    knowledge = system.knowledge
    told = next(m for m in knowledge.messages.values() if m.id == "confirm-what-was-understood")
    asks = replace(told, id="asks-when-told", moment="ask")
    wording = ExpertSystem(replace(knowledge, messages={**knowledge.messages, asks.id: asks}))
    before, after = (wording.assess(Call.of(facts), Options(look_ahead=0)) for facts in ({}, {"complaint": "no_power"}))
    assert (before.status, after.status) == ("needs_input", "needs_input")
    assert asks.id not in script(before, "ask")
    assert asks.id in script(after, "ask")
    assert holds(asks.when, {"complaint": "no_power"})


def test_while_asking_nothing_is_said_where_the_base_is_not_exact(system: ExpertSystem) -> None:
    crowded = ExpertSystem(load_knowledge(LAMP), node_budget=60, call_budget=10)
    assert crowded.too_large is not None
    assert crowded.assess(Call()).script == ()
    assert system.assess(Call(), Options(look_ahead=0)).script != ()


# -- the command line

Wording = Callable[..., tuple[int, str]]


@pytest.fixture
def wording(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Wording:
    monkeypatch.setenv("COLUMNS", "80")

    def run(*arguments: str, typed: bytes = b"", lang: str = "zh") -> tuple[int, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed)))
        code = main(["wording", *arguments, "--base", str(POWER), "--lang", lang])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def test_the_command_line_tells_place_phrase_rule_and_a_better_phrase(wording: Wording) -> None:
    code, said = wording("请您稍等。\n您家的漏 保跳了")
    assert (code, int(Exit.FORBIDDEN_WORDING)) == (1, 1)
    assert "2:4 禁用“漏 保”，请改说：漏电保护器   [full-name-of-the-protector]" in said
    assert "不跟用户说简称，讲话要完整规范。（依据 S0 §1(1)）" in said


def test_the_command_line_speaks_english_of_chinese_text_and_of_english_text(wording: Wording) -> None:
    code, said = wording("您家的漏保跳了", lang="en")
    assert (code, "1:4 forbidden: “漏保”; better: 漏电保护器" in said) == (Exit.FORBIDDEN_WORDING, True)
    code, said = wording("Maybe tomorrow", lang="en")
    assert (code, "1:1 forbidden: “Maybe”" in said) == (Exit.FORBIDDEN_WORDING, True)


def test_advice_alone_and_good_text_end_with_code_0(wording: Wording) -> None:
    code, said = wording("很抱歉，请您谅解。")
    assert code == Exit.FINE
    assert "1:2 建议不说“抱歉”，可以改说：对不起" in said
    assert wording("对不起，请您再说一遍。") == (Exit.FINE, "没有发现不当的说法\n")


def test_the_context_may_be_given_and_the_text_piped_in(wording: Wording) -> None:
    assert wording("嗯")[0] == Exit.FORBIDDEN_WORDING
    assert wording("嗯", "--context", "listening")[0] == Exit.FINE
    assert wording("-", "--context", "apology", typed="非常抱歉".encode())[0] == Exit.FORBIDDEN_WORDING
    assert wording("嗯", "--context", "shouting")[0] == Exit.WRONG_USE


def test_help_is_there_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    pages = []
    for lang in LANGUAGES:
        assert main(["wording", "--help", "--lang", lang]) == Exit.FINE
        pages.append(capsys.readouterr().out)
    assert "检查一段话" in pages[0]
    assert "Find forbidden or vague phrases" in pages[1]
    assert "help-" not in pages[0].replace("--help", "")


def test_what_cannot_be_read_as_text_is_wrong_use(wording: Wording) -> None:
    assert wording("-", typed="嗯".encode("gbk")) == (Exit.WRONG_USE, "第 1 个字节不是 UTF-8 编码\n")
    for text, typed in (("好" * 20_001, b""), ("-", b"x" * 100_000)):
        code, said = wording(text, typed=typed)
        assert (code, said) == (Exit.WRONG_USE, "文字超过 20000 个字符\n")


def test_a_text_cannot_control_the_terminal(wording: Wording) -> None:
    code, said = wording("您家的漏\x1b[31m保跳了，\u202e漏保")
    assert code == Exit.FORBIDDEN_WORDING
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_a_base_without_tone_rules_says_that_nothing_was_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["wording", "嗯", "--base", str(LAMP), "--lang", "en"]) == Exit.FINE
    assert "has no tone rules" in capsys.readouterr().out
