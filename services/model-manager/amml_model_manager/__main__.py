"""`python -m amml_model_manager` serves the control API."""

import os
import sys

from amml_model_manager.settings import Settings, SettingsError

if __name__ == "__main__":
    try:
        settings = Settings.from_env(os.environ)
    except SettingsError as error:
        sys.exit(f"amml_model_manager: {error}")

    from amml_model_manager.app import serve  # late, so that a wrong setting answers at once

    serve(settings)
