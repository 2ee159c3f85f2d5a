// The page of a search: asks for plain data and shows it. Whatever comes is text, never markup:
// it reaches the document through textContent, and plotly with its tags made harmless.
"use strict";

/** Milliseconds between two questions how it stands. */
const PAUSE = 1500;

/**
 * What may be spent on something that is drawn again and again: a hundredth of the time, saved up,
 * or overdrawn, for no longer than half a minute. The search needs the machine.
 */
class Budget {
  static PART = 0.01;
  static MOST = 30_000 * Budget.PART;
  saved = Budget.MOST;
  since = performance.now();

  get isThere() {
    return this.earn() > 0;
  }

  /** Milliseconds that may be spent now. */
  earn() {
    const now = performance.now();
    this.saved = Math.min(this.saved + Budget.PART * (now - this.since), Budget.MOST);
    this.since = now;
    return this.saved;
  }

  spendFrom(begin) {
    this.saved = Math.max(this.earn() - (performance.now() - begin), -Budget.MOST);
  }
}

/** No button that would send anything anywhere. */
const CONFIG = {
  displaylogo: false,
  displayModeBar: matchMedia("(hover: hover)").matches ? "hover" : false,
  modeBarButtons: [["toImage", "zoom2d", "pan2d", "resetScale2d"]],
  responsive: true,
};

const at = (id) => document.getElementById(id);

function make(tag, text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.textContent = text;
  Object.assign(node, attributes);
  return node;
}

// ------------------------------------------------------------------ where the data come from

/** A search that is served: every question goes to the server. */
class Live {
  isLive = true;

  /** Until plotly.js is there: it takes a browser that is new to it longer than all the rest. */
  plotly() {
    const { href } = document.querySelector("link[rel=preload]");
    return (this.begun ??= new Promise((resolve, reject) => {
      const refuse = () => reject(new Error("plotly.js did not come; reload the page"));
      document.head.append(make("script", "", { src: href, onload: resolve, onerror: refuse }));
    }));
  }

  async ask(what, query = {}) {
    const answer = await fetch(`${what}?${new URLSearchParams(query)}`);
    if (!answer.ok) throw new Error(`the server answers ${answer.status}`);
    return answer.json();
  }
}

/** A report: everything is in the document. */
class Report {
  isLive = false;

  constructor(data) {
    this.data = data;
  }

  async plotly() {} // it comes before this script

  async ask(what, query = {}) {
    if (what === "state") return this.data.state;
    if (what === "figure") return this.data.figures[query.name][query.choice ?? ""];
    return this.page(query);
  }

  page({ sort, descending, words, page }) {
    const { columns, rows, size } = this.data.rows;
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    const place = columns.findIndex((column) => column.key === sort);
    let found = rows.filter((row) => {
      const text = row.join(" ").toLowerCase();
      return wanted.every((word) => text.includes(word));
    });
    if (place >= 0) {
      const isKnown = (row) => !["", "–"].includes(row[place]);
      const compare = (a, b) => {
        const [left, right] = [Number(a[place]), Number(b[place])];
        return Number.isNaN(left - right) ? a[place].localeCompare(b[place]) : left - right;
      };
      const known = found.filter(isKnown).sort(compare);
      if (descending) known.reverse();
      found = known.concat(found.filter((row) => !isKnown(row)));
    }
    const nPages = Math.max(1, Math.ceil(found.length / size));
    const number = Math.min(page, nPages - 1);
    return {
      columns,
      rows: found.slice(number * size, (number + 1) * size),
      page: number,
      n_pages: nPages,
      n_rows: found.length,
      n_all: this.data.rows.n_all,
    };
  }
}

// ------------------------------------------------------------------ how it stands

class Summary {
  shown = "";

  show({ facts, message }) {
    const news = JSON.stringify([facts, message]);
    if (news === this.shown) return;
    this.shown = news;
    this.tell(message);
    at("name").textContent = facts.name;
    at("told").textContent = facts.told;
    at("told").dataset.state = facts.state;
    document.title = [facts.best?.score, facts.state, facts.title].filter(Boolean).join(" · ");
    at("counts").replaceChildren(...facts.counts.map(([name, count]) => {
      const item = make("li");
      item.append(make("b", count), ` ${name}`);
      return item;
    }));
    at("best").textContent = facts.best ? `${facts.best.score}, ${facts.best.trial}` : "None yet.";
    this.list("params", facts.best ? facts.best.params : []);
    this.list("about", facts.about);
    at("about").parentElement.hidden = facts.about.length === 0;
    at("summary").hidden = false;
  }

  list(id, pairs) {
    at(id).replaceChildren(...pairs.flatMap(([name, text]) => [make("dt", name), make("dd", text)]));
  }

  tell(message) {
    at("message").textContent = message ?? "";
    at("message").hidden = !message;
  }
}

// ------------------------------------------------------------------ figures

class Figure {
  version = null;
  isVisible = false;
  drawnAt = 0;
  plot = make("div", "", { className: "plot" });
  note = make("p", "", { className: "note" });
  choice = make("select");
  section = make("section");

  constructor(source, { name, title, choices }) {
    this.source = source;
    this.name = name;
    const head = make("div", "", { className: "title" });
    head.append(make("h2", title), this.choice);
    this.choice.hidden = true;
    this.choice.setAttribute("aria-label", `${title}: what is shown`);
    this.choice.addEventListener("change", () => this.draw(this.version));
    this.section.id = name;
    const scroll = make("div", "", { className: "scroll" });
    scroll.append(this.plot);
    this.section.append(head, scroll, this.note);
    this.offer(choices);
  }

  offer(choices) {
    if (choices.length === this.choice.options.length) return;
    const chosen = this.choice.value;
    this.choice.replaceChildren(...choices.map(([value, text]) => make("option", text, { value })));
    if (choices.some(([value]) => value === chosen)) this.choice.value = chosen;
    this.choice.hidden = choices.length < 2;
    this.version = null;
  }

  isDue(version) {
    const isSeen = this.isVisible || !this.source.isLive;
    return isSeen && version !== this.version;
  }

  async draw(version) {
    const query = { name: this.name };
    if (this.choice.options.length) query.choice = this.choice.value;
    try {
      const asked = this.source.ask("figure", query);
      const [figure] = await Promise.all([asked, this.source.plotly()]);
      const { note, width } = figure.layout.meta;
      this.note.textContent = note;
      this.plot.style.minWidth = `${width}px`;
      await Plotly.react(this.plot, figure.data, figure.layout, CONFIG);
      this.section.dataset.version = this.version = version;
    } catch (error) {
      this.note.textContent = `This figure cannot be drawn: ${error.message}`;
    }
  }
}

class Figures {
  known = new Map();
  version = null;
  isPartial = false;
  budget = new Budget();
  watched = new IntersectionObserver((entries) => {
    for (const entry of entries) {
      const figure = this.known.get(entry.target.id);
      figure.isVisible = entry.isIntersecting;
      if (figure.isDue(this.version)) this.update(this.version);
    }
  }, { rootMargin: "100px" });

  constructor(source) {
    this.source = source;
  }

  show(described) {
    for (const each of described) {
      const known = this.known.get(each.name);
      if (known) {
        known.offer(each.choices);
        continue;
      }
      const figure = new Figure(this.source, each);
      this.known.set(each.name, figure);
      at("figures").append(figure.section);
      figure.isVisible = figure.section.getBoundingClientRect().top < window.innerHeight;
      this.watched.observe(figure.section);
    }
  }

  async update(version) {
    this.version = version;
    if (this.isDrawing) return;
    this.isDrawing = true;
    for (const figure of this.inTurn()) {
      const isFirst = figure.version === null;
      if (!figure.isDue(this.version) || !(isFirst || this.budget.isThere)) continue;
      const begin = performance.now();
      await figure.draw(this.version);
      await new Promise((resolve) => setTimeout(resolve)); // what was drawn is seen at once
      // The first look, and that at a part of the journal, are free: the whole follows them at once.
      if (!isFirst && !this.isPartial) this.budget.spendFrom(begin);
      figure.drawnAt = begin;
    }
    this.isDrawing = false;
  }

  /** Who has waited longest comes first; who was never drawn has waited for ever. */
  inTurn() {
    return [...this.known.values()].sort((a, b) => a.drawnAt - b.drawnAt);
  }
}

// ------------------------------------------------------------------ the table

class Table {
  query = { sort: "", descending: false, words: "", page: 0 };
  version = null;
  budget = new Budget();
  nodes = new Map();
  shown = "";

  constructor(source) {
    this.source = source;
    at("query").addEventListener("submit", (event) => event.preventDefault());
    at("words").addEventListener("input", () => this.change({ words: at("words").value, page: 0 }));
    at("previous").addEventListener("click", () => this.change({ page: this.query.page - 1 }));
    at("next").addEventListener("click", () => this.change({ page: this.query.page + 1 }));
  }

  change(query) {
    Object.assign(this.query, query);
    return this.update(this.version);
  }

  /** Up, down, and back to the newest first. */
  sort(key) {
    const { sort, descending } = this.query;
    if (sort !== key) return this.change({ sort: key, descending: false, page: 0 });
    if (!descending) return this.change({ descending: true, page: 0 });
    return this.change({ sort: "", descending: false, page: 0 });
  }

  /** The newest rows are at hand; to sort or to find takes all. */
  isDue(version) {
    const isCheap = !this.query.sort && !this.query.words;
    return version !== this.version && (isCheap || this.budget.isThere);
  }

  async update(version) {
    const begin = performance.now();
    const asked = (this.asked = { ...this.query });
    const answer = await this.source.ask("rows", asked);
    if (asked !== this.asked) return; // something else was asked for in the meantime
    this.version = version;
    const news = JSON.stringify([answer, asked.sort, asked.descending]);
    if (news !== this.shown) this.show(answer);
    this.shown = news;
    at("trials").dataset.version = version;
    if (asked.sort || asked.words) this.budget.spendFrom(begin);
  }

  show({ columns, rows, page, n_pages, n_rows, n_all }) {
    this.query.page = page;
    at("columns").replaceChildren(...columns.map((column) => this.head(column)));
    this.showRows(rows, columns);
    const found = n_rows === n_all ? "" : ` found among ${n_all.toLocaleString("en")}`;
    at("found").textContent =
      `${n_rows.toLocaleString("en")} rows${found}, page ${page + 1} of ${n_pages.toLocaleString("en")}`;
    at("previous").disabled = page === 0;
    at("next").disabled = page >= n_pages - 1;
    at("trials").hidden = false;
  }

  /** Rows that stand there stay as they are, with all that was opened in them. */
  showRows(rows, columns) {
    const before = this.nodes;
    const named = JSON.stringify(columns);
    this.nodes = new Map(rows.map((row) => {
      const name = named + JSON.stringify(row);
      return [name, before.get(name) ?? this.row(row, columns)];
    }));
    for (const [name, node] of before) if (!this.nodes.has(name)) node.remove();
    let place = at("rows").firstChild;
    for (const node of this.nodes.values()) {
      if (node === place) place = place.nextSibling;
      else at("rows").insertBefore(node, place);
    }
  }

  head({ key, label }) {
    const cell = make("th", "", { scope: "col" });
    const button = make("button", label, { type: "button" });
    button.addEventListener("click", () => this.sort(key));
    if (key === this.query.sort) {
      cell.setAttribute("aria-sort", this.query.descending ? "descending" : "ascending");
    }
    cell.append(button);
    return cell;
  }

  row(texts, columns) {
    const row = make("tr");
    row.append(...columns.map(({ key }, place) => {
      if (key === "status") row.dataset.status = texts[place];
      if (key !== "error" || !texts[place]) {
        return make("td", texts[place], { className: texts[place].length > 40 ? "long" : "" });
      }
      const cell = make("td", "", { className: "long" });
      const details = make("details");
      const last = texts[place].trim().split("\n").at(-1);
      details.append(make("summary", last.slice(0, 200)), make("pre", texts[place]));
      cell.append(details);
      return cell;
    }));
    return row;
  }
}

// ------------------------------------------------------------------ the page

class Page {
  constructor(source) {
    this.source = source;
    this.summary = new Summary();
    this.figures = new Figures(source);
    this.table = new Table(source);
  }

  async run() {
    if (!document.hidden) await this.look();
    if (this.source.isLive) setTimeout(() => this.run(), PAUSE);
  }

  async look() {
    try {
      const state = await this.source.ask("state");
      // Both together, so that they are painted once; and first: a browser that is new to plotly.js
      // takes long to compile it.
      if (this.table.isDue(state.version)) await this.table.update(state.version);
      this.summary.show(state);
      this.figures.isPartial = state.is_behind;
      this.figures.show(state.figures);
      this.figures.update(state.version); // not waited for: how it stands is told meanwhile
    } catch (error) {
      this.summary.shown = "";
      this.summary.tell(`Nothing new is heard of the search (${error.message}). Is its page still served?`);
    }
  }
}

document.addEventListener("DOMContentLoaded", () => {
  const data = at("data");
  const page = new Page(data ? new Report(JSON.parse(data.textContent)) : new Live());
  document.addEventListener("visibilitychange", () => document.hidden || page.look());
  page.run();
});
