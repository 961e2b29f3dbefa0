/** Entry of the map page. */
import "./styles/map.css";
import "./onemap/onemap.ts";
