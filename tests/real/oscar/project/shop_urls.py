"""The shop's addresses: Oscar's own, its media and static files, and a robots.txt."""

from django.apps import apps
from django.conf import settings
from django.contrib.staticfiles.views import serve as serve_static
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path
from django.views.static import serve as serve_media


def robots(request: HttpRequest) -> HttpResponse:
    """Answer robots.txt: everything but the basket and the accounts may be read."""
    lines = ["User-agent: *", "Disallow: /basket/", "Disallow: /accounts/", "Disallow: /checkout/", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain")


urlpatterns = [
    path("robots.txt", robots),
    path("i18n/", include("django.conf.urls.i18n")),
    re_path(r"^media/(?P<path>.*)$", serve_media, {"document_root": settings.MEDIA_ROOT}),
    re_path(r"^static/(?P<path>.*)$", serve_static, {"insecure": True}),
    path("", include(apps.get_app_config("oscar").urls[0])),
]
