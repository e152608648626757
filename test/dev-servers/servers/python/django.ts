import type { DevServer } from "../../dev-server.ts";

const PASSWORD = "lovelace-1815";

const VIEWS = `from django.http import HttpResponse
from django.shortcuts import redirect


def home(request):
    return HttpResponse("<link rel=icon href='data:,'><h1>Hello Django</h1>")


def moved(request):
    return redirect(request.build_absolute_uri("/admin/?moved"))
`;

const URLS = `from django.contrib import admin
from django.urls import path

from . import views

urlpatterns = [path("", views.home), path("moved", views.moved), path("admin/", admin.site.urls)]
`;

export const django: DevServer = {
  name: "django",
  title: "Django",
  port: 8000,
  project: {
    debian: ["python3-django"],
    create: [
      "django-admin startproject mysite .",
      "python3 manage.py migrate",
      `DJANGO_SUPERUSER_PASSWORD=${PASSWORD} python3 manage.py createsuperuser --noinput --username ada --email ada@example.com`,
    ],
    files: { "mysite/views.py": VIEWS, "mysite/urls.py": URLS },
    version: { debian: "python3-django" },
  },
  start: "python3 manage.py runserver",
  remark: "live: the server restarts; load the page again",
  // A browser asks for it, and the admin pages have none.
  ownErrors: /favicon\.ico/,
  checks: {
    page: async (visit) => {
      await visit.open();
      await visit.page.locator("h1").waitFor();
    },
    post: async (visit) => {
      await visit.open("/admin/");
      await visit.page.fill("[name=username]", "ada");
      await visit.page.fill("[name=password]", PASSWORD);
      await visit.page.locator("[type=submit]").click();
      await visit.see("Site administration");
      visit.expectOrigin();
    },
    live: async (visit) => {
      await visit.open();
      await visit.editServed("mysite/views.py", "Hello Django");
    },
    redirect: async (visit) => {
      await visit.open("/moved");
      await visit.page.waitForURL(`${visit.origin}/admin/?moved`);
    },
    login: async (visit) => {
      await visit.open("/admin/");
      await visit.see("Site administration");
    },
  },
};
