"""The portal's addresses; each begins with the link's own token."""

from django.urls import URLPattern, path

from goodterms.portal import views

urlpatterns: list[URLPattern] = [
    path("<str:token>/", views.portal, name="portal"),
    path("<str:token>/logo/", views.portal_logo, name="portal-logo"),
    path("<str:token>/documents/<int:pk>/", views.portal_document, name="portal-document"),
    path("<str:token>/offers/<slug:kind>/<int:pk>/accept/", views.portal_accept, name="portal-accept"),
    path("<str:token>/<slug:what>/", views.portal_form, name="portal-form"),
    path("<str:token>/<slug:what>/send/", views.portal_send, name="portal-send"),
]
