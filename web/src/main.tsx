import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./app/app.css";

import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { acceptReturn } from "./api/session";
import { App } from "./app/App";
import { reloadOnNewBuild } from "./app/newBuild";
import { theme } from "./app/theme";

acceptReturn();
reloadOnNewBuild();
const place = document.getElementById("root");
if (place === null) throw new Error("The page has no root element.");
createRoot(place).render(
  <StrictMode>
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Notifications position="bottom-right" />
      <App />
    </MantineProvider>
  </StrictMode>,
);
