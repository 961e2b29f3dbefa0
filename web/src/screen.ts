import "./styles/screen.css";
