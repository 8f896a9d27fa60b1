"""Addresses of this feature."""

from django.urls import URLPattern, URLResolver, include, path

from posthouse.people.views import (
    desk_contacts,
    desk_customers,
    desk_merging,
    desk_settings,
    desk_team,
    members,
    welcome,
)

portal: list[URLPattern | URLResolver] = [
    path("welcome/", welcome.welcome, name="welcome"),
    path("profile/", welcome.profile, name="portal-profile"),
    path("customers/", welcome.customers, name="portal-customers"),
    path("customers/<slug:customer_id>/switch/", welcome.switch_customer, name="portal-switch"),
    path("invitations/<slug:secret>/", welcome.invitation, name="invitation"),
    path("invitations/<slug:invitation_id>/join/", welcome.join, name="invitation-join"),
    path("c/<slug:customer_id>/people/", members.people, name="portal-people"),
    path("c/<slug:customer_id>/people/invite/", members.invite, name="portal-invite"),
    path("c/<slug:customer_id>/people/leave/", members.leave, name="portal-leave"),
    path("c/<slug:customer_id>/people/<slug:membership_id>/role/", members.change_role, name="portal-member-role"),
    path("c/<slug:customer_id>/people/<slug:membership_id>/remove/", members.remove, name="portal-member-remove"),
    path("c/<slug:customer_id>/invitations/<slug:invitation_id>/resend/", members.resend, name="portal-resend"),
    path("c/<slug:customer_id>/invitations/<slug:invitation_id>/withdraw/", members.withdraw, name="portal-withdraw"),
]

desk: list[URLPattern | URLResolver] = [
    path("customers/", desk_customers.customers, name="desk-customers"),
    path("customers/export/", desk_customers.export_customers, name="desk-customers-export"),
    path("customers/new/", desk_customers.new_customer, name="desk-customer-new"),
    path("customers/<slug:customer_id>/edit/", desk_customers.edit_customer, name="desk-customer-edit"),
    path("customers/<slug:customer_id>/merge/", desk_merging.merge_customer, name="desk-customer-merge"),
    path(
        "customers/<slug:customer_id>/merge/<slug:gone_id>/",
        desk_merging.merge_customer_with,
        name="desk-customer-merge-with",
    ),
    path("contacts/", desk_contacts.contacts, name="desk-contacts"),
    path("contacts/export/", desk_contacts.export_contacts, name="desk-contacts-export"),
    path("contacts/new/", desk_contacts.new_contact, name="desk-contact-new"),
    path("contacts/<slug:contact_id>/", desk_contacts.contact, name="desk-contact"),
    path("contacts/<slug:contact_id>/edit/", desk_contacts.edit_contact, name="desk-contact-edit"),
    path("contacts/<slug:contact_id>/merge/", desk_merging.merge_contact, name="desk-contact-merge"),
    path(
        "contacts/<slug:contact_id>/merge/<slug:gone_id>/",
        desk_merging.merge_contact_with,
        name="desk-contact-merge-with",
    ),
    path("team/", desk_team.team, name="desk-team"),
    path("team/add/", desk_team.add, name="desk-team-add"),
    path("team/tokens/", desk_team.tokens, name="desk-tokens"),
    path("team/tokens/new/", desk_team.new_token, name="desk-token-new"),
    path("team/tokens/<slug:token_id>/revoke/", desk_team.revoke_token, name="desk-token-revoke"),
    path("team/<int:user_id>/role/", desk_team.change_role, name="desk-team-role"),
    path("team/<int:user_id>/remove/", desk_team.remove, name="desk-team-remove"),
    path("team/<int:user_id>/welcome/", desk_team.send_again, name="desk-team-welcome"),
    path("settings/", desk_settings.settings, name="desk-settings"),
]

urlpatterns: list[URLPattern | URLResolver] = [*portal, path("desk/", include(desk))]
