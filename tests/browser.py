"""A browser without a window, spoken to by the protocol that its driver has (WebDriver, JSON over HTTP)."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DRIVER = shutil.which("chromedriver")
MISSING = ", ".join(name for name, found in (("chromium", BROWSER), ("chromedriver", DRIVER)) if found is None)
ARGUMENTS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars")
SECONDS = 120  # a machine that does much else


@dataclass(frozen=True)
class Browser:
    """One session."""

    address: str

    def ask(self, method: str, path: str, **body: Any) -> Any:
        data = json.dumps(body).encode() if method == "POST" else None
        request = Request(f"{self.address}{path}", data, {"Content-Type": "application/json"}, method=method)  # noqa: S310
        with urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - an address of this machine
            return json.load(answer)["value"]

    def open(self, path: Path) -> None:
        self.ask("POST", "/url", url=path.as_uri())

    def run(self, script: str) -> Any:
        """The value of a script in the page."""
        return self.ask("POST", "/execute/sync", script=script, args=[])

    @property
    def text(self) -> str:
        """What a reader sees."""
        found: str = self.run("return document.body.innerText")
        return found

    @property
    def complaints(self) -> list[str]:
        """What the console holds, from the network too."""
        return [entry["message"] for entry in self.ask("POST", "/se/log", type="browser")]


@contextmanager
def browser(width: int) -> Iterator[Browser]:
    """A browser whose pages are so many pixels wide."""
    assert DRIVER is not None
    with subprocess.Popen([DRIVER, "--port=0"], stdout=subprocess.PIPE, text=True) as driver:
        try:
            root = f"http://127.0.0.1:{_port(driver)}"
            options = {"binary": BROWSER, "args": [*ARGUMENTS, "--window-size=1000,1000"]}
            emulation = {"deviceMetrics": {"width": width, "height": 900, "pixelRatio": 1.0}}
            chrome = {"goog:chromeOptions": options | {"mobileEmulation": emulation}}
            wanted = {"alwaysMatch": chrome | {"goog:loggingPrefs": {"browser": "ALL"}}}
            session = Browser(root).ask("POST", "/session", capabilities=wanted)["sessionId"]
            found = Browser(f"{root}/session/{session}")
            try:
                yield found
            finally:
                found.ask("DELETE", "")
        finally:
            driver.terminate()


def _port(driver: "subprocess.Popen[str]") -> int:
    assert driver.stdout is not None
    for line in driver.stdout:
        said = re.search(r"successfully on port (\d+)", line)
        if said:
            return int(said[1])
    raise AssertionError("the driver did not say on which port it listens")
