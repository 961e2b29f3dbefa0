"""Messages as a logger could send them."""

from hypothesis import strategies as st

from chengshu.protocols.hj212 import COMMANDS, SYSTEMS, Data, Message, factors

names = st.sampled_from(["DataTime", "PolId", "RtdInterval", "NewPW", "QnRtn"])
codes = st.sampled_from([code for code in factors() if "x" not in code])
parts = st.sampled_from(["Rtd", "Avg", "Min", "Max", "Cou", "ZsRtd", "Flag", "EFlag"])
values = st.text("0123456789.NDTB-µ时间", max_size=12)
items = st.one_of(names, st.builds("{}-{}".format, codes, parts))
areas = st.lists(st.dictionaries(items, values, min_size=1, max_size=4), max_size=8).map(
    lambda groups: Data.of(*groups)
)
texts = st.text("0123456789ABCDEFabcdef_", min_size=1, max_size=24)


@st.composite
def messages(draw: st.DrawFn) -> Message:
    flag = draw(st.none() | st.integers(0, 11))
    is_split = flag is not None and bool(flag & 2)
    total = draw(st.integers(1, 99)) if is_split else None
    number = draw(st.integers(1, total)) if total else None
    return Message(
        qn=draw(st.none() | st.text("0123456789", min_size=17, max_size=17)),
        st=draw(st.sampled_from(list(SYSTEMS))),
        cn=draw(st.sampled_from(list(COMMANDS))),
        pw=draw(st.none() | texts),
        mn=draw(texts),
        flag=flag,
        pnum=total,
        pno=number,
        data=draw(areas),
        other=draw(st.sampled_from([(), (("RF", "1"),)])),
    )
