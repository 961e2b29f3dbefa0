/** Entry of the working pages: htmx and the small controllers attached by data- attributes. */
import htmx from "htmx.org";
import "./styles/elements.css";
import "./styles/pages.css";
import "./chart.ts";
import "./small-map.ts";
import "./pages/filters.ts";
import "./pages/frame.ts";
import "./pages/rows.ts";
import "./pages/selection.ts";
import "./pages/suggest.ts";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
/** Refusals are designed fragments: show them where the answer would have stood. */
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "[23]..", swap: true },
  { code: "[45]..", swap: true, error: true },
];
