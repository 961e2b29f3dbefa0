/** Entry of the cockpit. */
import "./styles/screen.css";
import "./screen/cockpit.ts";
