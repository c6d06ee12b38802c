"""What the page folds operations to is what the server folds them to."""

from pathlib import Path
from random import Random

import pytest

import consult
from tests.consult.field.histories import cases, folded, history

pytestmark = pytest.mark.browser

STATIC = Path(consult.__file__).parent / "static" / "field"
FOLD = """async (histories) => {
    const { fold } = await import('/merge.js');
    const { read, sha256 } = await import('/ops.js');
    const plain = ({ fields }, of) =>
        Object.fromEntries([...fields].map(([field, found]) => [field, of(found)]));
    const told = (entity) => ({
        kind: entity.kind,
        fields: plain(entity, (found) => found.values),
        shown: plain(entity, (found) => found.value),
        heads: plain(entity, (found) => found.heads.map((head) => head.hash)),
        operations: entity.operations.map((one) => one.hash),
        conflicts: entity.conflicts,
        clash: entity.clash,
        removed: entity.removed,
        cells: entity.family('cell:'),
    });
    const results = [];
    for (const written of histories) {
        const operations = await Promise.all(written.map(async (one) => read(one, await sha256(one))));
        results.push(Object.fromEntries([...fold(operations)].map(([key, entity]) => [key, told(entity)])));
    }
    return results;
}"""


def test_both_come_to_the_same(browser):
    random = Random(11)
    histories = [case["operations"] for case in cases()]
    histories += [history(random, steps=random.randint(1, 30)) for _ in range(200)]
    for written in histories:
        random.shuffle(written)
    page = browser.new_page()
    page.route(
        "http://127.0.0.1/*.js",
        lambda route: route.fulfill(path=STATIC / route.request.url.rpartition("/")[2]),
    )
    page.route(
        "http://127.0.0.1/", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html")
    )
    page.goto("http://127.0.0.1/")

    found = page.evaluate(FOLD, histories)
    page.close()

    assert found == [folded(written) for written in histories]
