"""Pages of results in headless Chromium."""

import shutil

import pytest

from geolift.output.view.formats import write_view

CHROMIUM = (("chromium", "chromium-browser", "google-chrome"), ("chromedriver",))
# Two animation frames later everything that was asked for is drawn.
DRAWN = (
    "const done = arguments[arguments.length - 1]; requestAnimationFrame(() => requestAnimationFrame(() => done()));"
)
PIXELS = "return document.getElementById(arguments[0]).toDataURL();"


class Shown:
    """A result in the browser, as the ending of the path says."""

    def __init__(self, driver, result, path):
        self.driver = driver
        write_view(result, path)
        self.errors()  # of pages before
        driver.get(path.as_uri())
        self.wait()

    def wait(self):
        self.driver.execute_async_script(DRAWN)

    def run(self, script, *arguments):
        value = self.driver.execute_script(script, *arguments)
        self.wait()
        return value

    def pixels(self):
        return [self.driver.execute_script(PIXELS, panel) for panel in ("flat", "space")]

    def keys(self, *keys):
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()
        self.wait()

    def drag(self, x, y):
        from selenium.webdriver import ActionChains

        space = self.driver.find_element("id", "space")
        ActionChains(self.driver, duration=20).drag_and_drop_by_offset(space, x, y).perform()
        self.wait()

    def drawn(self, panel="space"):
        """`{(row, joint): (x, y)}` of the joints on a panel."""
        return {(j["row"], j["joint"]): (j["x"], j["y"]) for j in self.driver.execute_script(f"return {panel}.drawn")}

    def frame(self):
        return self.driver.execute_script("return Number(document.getElementById('slider').value)")

    def errors(self):
        return self.driver.get_log("browser")


def start():
    """Headless Chromium; without it, or without selenium, the test is skipped."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="needs selenium: pip install selenium")
    programs = [next(filter(None, map(shutil.which, names)), None) for names in CHROMIUM]
    if None in programs:
        pytest.skip("needs Chromium and its driver: apt-get install chromium chromium-driver")
    options = webdriver.ChromeOptions()
    options.binary_location = programs[0]
    for argument in ("headless=new", "no-sandbox", "disable-dev-shm-usage", "disable-gpu", "window-size=1200,900"):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(programs[1]))
    return driver
