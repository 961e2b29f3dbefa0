import "./styles/map.css";
