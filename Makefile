COMPOSE = docker compose

.PHONY: up down logs logs-app logs-worker clean shell

up: ## build the images and start everything in the background
	$(COMPOSE) up -d --build

down: ## stop everything
	$(COMPOSE) down

logs: ## follow the log of every service
	$(COMPOSE) logs -f

logs-app: ## follow the log of the API
	$(COMPOSE) logs -f app

logs-worker: ## follow the log of the worker
	$(COMPOSE) logs -f worker

clean: ## stop everything and delete containers, networks and volumes
	$(COMPOSE) down --volumes --remove-orphans

shell: ## a shell in the API's container
	$(COMPOSE) exec app sh
