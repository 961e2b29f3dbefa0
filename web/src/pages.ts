/** Entry of the working pages: htmx and the small controllers attached by data- attributes. */
import htmx from "htmx.org";
import "./styles/pages.css";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
