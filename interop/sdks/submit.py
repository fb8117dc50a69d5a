"""Sends a submission, an export and a deletion with the PyPI package copyleaks.

Reads the settings from standard input; interop/src/sdks.rs says what they are. Only fields that the
package's own models have are set.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

from copyleaks.copyleaks import Copyleaks
from copyleaks.models.delete import Delete, DeleteScan
from copyleaks.models.export import Export, ExportCrawledVersion, ExportPdf, ExportResult
from copyleaks.models.submit.document import UrlDocument
from copyleaks.models.submit.properties.scan_properties import ScanProperties

s = json.load(sys.stdin)
Copyleaks.set_api_uri(s["server"])
tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
token = {"access_token": "none", ".expires": tomorrow.isoformat()}

properties = ScanProperties(s["status"])
properties.set_developer_payload(s["payload"])
webhooks = properties.get_webhooks()
webhooks.set_status_headers(s["headers"])
webhooks.set_new_result(s["newResult"])
webhooks.set_new_result_headers(s["headers"])
document = UrlDocument()
document.set_url("https://example.com")
document.set_properties(properties)
Copyleaks.submit_url(token, s["scanId"], document)


def target(item):
    item.set_endpoint(s["upload"])
    item.set_verb("PUT")
    item.set_headers(s["headers"])
    return item


result = target(ExportResult())
result.set_id(s["resultId"])
export = Export()
export.set_completion_webhook(s["completion"])
export.set_max_retries(s["maxRetries"])
export.set_developer_payload(s["payload"])
export.set_results([result])
export.set_crawled_version(target(ExportCrawledVersion()))
export.set_pdf_report(target(ExportPdf()))
Copyleaks.export(token, s["scanId"], s["exportId"], export)

delete = Delete()
delete.set_scans([DeleteScan(s["scanId"])])
delete.set_completion_webhook(s["completion"])
Copyleaks.delete(token, delete)
