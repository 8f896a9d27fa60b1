"""Addresses of the pages of mail and notices."""

from django.urls import URLPattern, URLResolver, path

from posthouse.letters.views import desk_addresses, desk_log, desk_words, portal, public

PORTAL = "c/<slug:customer_id>/notices/"
LETTER = "letters/<slug:token>/"
WORDS = "desk/mail/words/<slug:language>/<path:key>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path(PORTAL, portal.notices, name="portal-notices"),
    path(PORTAL + "read/", portal.read_all, name="portal-notices-read"),
    path(PORTAL + "<slug:notice_id>/open/", portal.open_notice, name="portal-notice-open"),
    path("profile/mail/", portal.choices, name="portal-mail-choices"),
    path(LETTER + "unsubscribe/", public.unsubscribe, name="letter-unsubscribe"),
    path(LETTER + "preferences/", public.preferences, name="letter-preferences"),
    path(LETTER + "why/", public.why, name="letter-why"),
    path("anymail/<slug:provider>/tracking/", public.provider_webhook, name="mail-webhook"),
    path("desk/mail/", desk_log.log, name="desk-mail"),
    path("desk/mail/test/", desk_log.send_test, name="desk-mail-test"),
    path("desk/mail/reports/", desk_log.reports, name="desk-mail-reports"),
    path("desk/mail/notices/", desk_log.notices, name="desk-mail-notices"),
    path("desk/mail/words/", desk_words.editions, name="desk-mail-words"),
    path("desk/mail/words/new/", desk_words.new, name="desk-mail-words-new"),
    path("desk/mail/restore/<slug:language>/<path:key>/", desk_words.restore, name="desk-mail-words-restore"),
    path("desk/mail/preview/<slug:language>/<path:key>/", desk_words.preview, name="desk-mail-words-preview"),
    path(WORDS, desk_words.edit, name="desk-mail-words-edit"),
    path("desk/mail/suppressed/", desk_addresses.suppressed, name="desk-mail-suppressed"),
    path("desk/mail/suppressed/add/", desk_addresses.add, name="desk-mail-suppressed-add"),
    path("desk/mail/suppressed/import/", desk_addresses.bring_in, name="desk-mail-suppressed-import"),
    path("desk/mail/suppressed/export/", desk_addresses.export, name="desk-mail-suppressed-export"),
    path(
        "desk/mail/suppressed/<slug:suppression_id>/remove/", desk_addresses.remove, name="desk-mail-suppressed-remove"
    ),
    path("desk/mail/address/", desk_addresses.address, name="desk-mail-address"),
    path("desk/mail/<slug:message_id>/", desk_log.one, name="desk-mail-message"),
    path("desk/mail/<slug:message_id>/retry/", desk_log.retry, name="desk-mail-retry"),
    path("desk/mail/<slug:message_id>/resend/", desk_log.resend, name="desk-mail-resend"),
    path("desk/mail/<slug:message_id>/cancel/", desk_log.cancel, name="desk-mail-cancel"),
]
