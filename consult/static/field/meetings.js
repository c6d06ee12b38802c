/* The meetings on this phone, and those that could be brought onto it. */
import { h } from "./dom.js";
import { problemWords } from "./bar.js";
import { notice, places, second, title, button } from "./parts.js";
import { fetchPack, listPacks } from "./sync.js";
import { day, t } from "./words.js";

export async function meetings(app) {
  let packs = await app.field.packs();
  let offered = null;
  let problem = "";
  const device = await app.field.device();
  if (device.token && navigator.onLine) look();

  async function look() {
    try {
      offered = await listPacks(app.field);
      problem = "";
    } catch (error) {
      problem = error.kind === "no-network" ? "" : problemWords(error);
    }
    app.redraw();
  }
  async function bring(id) {
    app.say(t("is-brought"));
    try {
      const pack = await fetchPack(app.field, id);
      packs = await app.field.packs();
      problem = "";
      app.say(t("brought", { place: pack.workshop.place }));
    } catch (error) {
      problem = error.kind ? problemWords(error) : app.errorWords(error);
    }
    app.redraw();
  }

  return {
    title: t("meetings"),
    refresh: async () => {
      packs = await app.field.packs();
    },
    body: () => [
      title(t("meetings")),
      !device.token && firstTime(),
      problem && notice("refused", problem),
      packs.length
        ? places(t("on-this-phone"), packs.map(({ workshop }) => [`#/m/${workshop.id}`, workshop.place, `${workshop.kind === "trial" ? t("field-trial") : t("meeting")} · ${day(workshop.held_on)}`]))
        : device.token && h("p", { class: "empty" }, t("no-meetings-here")),
      toBring(offered, packs, bring),
      device.token && second(t("look-for-meetings"), look),
      places(t("this-phone"), [
        ["#/safe", t("safe-copy")],
        ["#/device", t("this-phone")],
      ]),
    ],
  };
}

const firstTime = () => notice("info", t("first-time"), h("p", {}, h("a", { class: "button", href: "#/device" }, t("make-known"))));

function toBring(offered, packs, bring) {
  const here = new Set(packs.map((pack) => pack.workshop.id));
  const others = (offered ?? []).filter((one) => !here.has(one.id));
  if (!others.length) return null;
  return h(
    "section",
    { class: "part", "aria-labelledby": "bring-title", key: "to-bring" },
    h("h2", { id: "bring-title" }, t("can-be-brought")),
    h(
      "ul",
      { class: "offered" },
      others.map((one) =>
        h(
          "li",
          { key: one.id },
          h("b", { dir: "auto" }, one.place),
          h("span", { class: "quiet" }, one.kind === "trial" ? t("field-trial") : t("meeting"), " · ", day(one.held_on), one.closed ? ` · ${t("round-has-closed")}` : ""),
          button(t("bring-it"), () => bring(one.id), { "aria-label": t("bring-this", { place: one.place }) }),
        ),
      ),
    ),
  );
}
