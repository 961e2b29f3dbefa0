from .factories import READINGS, readings, triples
from chengshu.core.lake.writing import append, Note
def test_x(lake):
    a=append(lake,READINGS,readings((1,1,1.0),(1,2,2.0)),note=Note("k","{}"))
    b=append(lake,READINGS,readings((1,2,3.0)),remove=readings((1,2,0.0)).select("meter","at"))
    print(a,b)
    assert triples(lake.query("from readings"))==[(1,1,1.0),(1,2,3.0)]
    print(lake.insertions(READINGS,0,b.snapshot))
    lake.ensure([READINGS])
