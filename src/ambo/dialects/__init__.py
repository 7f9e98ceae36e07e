"""The dialects, at the places SQLAlchemy has them: `ambo.dialects.postgresql`, `.sqlite`, `.mysql`, `.mariadb`."""
